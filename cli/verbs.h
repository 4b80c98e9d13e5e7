// The verbs of the program: each adds its subcommand to the parser and says what to run. One verb, one file.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace gtn {

// What the chosen verb does; returns the exit code.
using Action = std::function<int()>;

void add_data(CLI::App& program, Action& chosen);
void add_preflight(CLI::App& program, Action& chosen);
void add_train(CLI::App& program, Action& chosen);
void add_search(CLI::App& program, Action& chosen);
void add_study(CLI::App& program, Action& chosen);
void add_space(CLI::App& program, Action& chosen);
void add_trials(CLI::App& program, Action& chosen);
void add_evaluate(CLI::App& program, Action& chosen);
void add_export(CLI::App& program, Action& chosen);
void add_inspect(CLI::App& program, Action& chosen);
void add_report(CLI::App& program, Action& chosen);
void add_bench(CLI::App& program, Action& chosen);
void add_completion(CLI::App& program, Action& chosen);
void add_manual(CLI::App& program, Action& chosen);

}  // namespace gtn
