// gtn <verb>: dispatches and catches, nothing else.
#pragma once

namespace gtn {

// The whole program: parses, runs the verb, says on stderr what went wrong, and returns the exit code. Once a process.
int run_verb(int argc, char** argv);

}  // namespace gtn
