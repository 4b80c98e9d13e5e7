// gtn <verb>: dispatches and catches, nothing else.
#pragma once

#include <functional>

namespace gtn {

// The whole program: parses, runs the verb, says on stderr what went wrong, and returns the exit code. Once a process.
// `before_computing` is called when the command line is understood, for verbs that compute.
int run_verb(int argc, char** argv, const std::function<void()>& before_computing = {});

}  // namespace gtn
