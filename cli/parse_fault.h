// What is said of a command line that could not be read.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace gtn {

// One line that names the verb, what is wrong and, of a misspelt verb or option, the nearest that there is. `error` is
// what program.parse(argc, argv) threw.
std::string parse_fault(const CLI::App& program, const CLI::ParseError& error, int argc, const char* const* argv);

// The same of a word `verb` where a verb of `parent`, which is called `name` with all before it, is meant.
std::string unknown_verb(const CLI::App& parent, const std::string& name, const std::string& verb);

}  // namespace gtn
