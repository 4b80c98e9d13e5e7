#include "cli/program.h"

#include <cstdio>
#include <exception>
#include <optional>
#include <string_view>

#include "cli/parse_fault.h"
#include "cli/verbs.h"
#include "gtn/core/error.h"
#include "gtn/core/version.h"

namespace gtn {
namespace {

// "gtn help" and "gtn help train", as other programs have them: none where the line asks for something else.
std::optional<std::string> help_asked_by(CLI::App& program, int argc, char** argv) {
  if (argc < 2 || std::string_view(argv[1]) != "help") return std::nullopt;
  if (argc > 2)
    for (const CLI::App* verb : program.get_subcommands({}))
      if (verb->get_name() == argv[2]) return verb->help("gtn");
  return program.help();
}

}  // namespace

int run_verb(int argc, char** argv, const std::function<void()>& before_computing) {
  CLI::App program{"Generative Teaching Networks: learn the training data, and teach fresh networks in a few steps."};
  program.name("gtn");
  program.set_version_flag("-v,--version", "gtn " GTN_VERSION);
  program.require_subcommand(1);
  program.footer("Example:\n  gtn train --config configs/quickstart.toml --out runs/first && gtn evaluate runs/first");
  Action chosen;
  add_data(program, chosen);
  add_preflight(program, chosen);
  add_train(program, chosen);
  add_evaluate(program, chosen);
  add_search(program, chosen);
  add_study(program, chosen);
  add_space(program, chosen);
  add_trials(program, chosen);
  add_export(program, chosen);
  add_inspect(program, chosen);
  add_report(program, chosen);
  add_bench(program, chosen);
  add_completion(program, chosen);
  add_manual(program, chosen);
  if (const std::optional<std::string> help = help_asked_by(program, argc, argv)) {
    std::printf("%s", help->c_str());
    return 0;
  }
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return program.exit(error);  // --help, --version
    std::fprintf(stderr, "%s\n", parse_fault(program, error, argc, argv).c_str());
    return 2;
  }
  const bool computes = program.get_subcommands().front()->get_option_no_throw("--threads") != nullptr;
  if (computes && before_computing) before_computing();
  try {
    return chosen();
  } catch (const Error& error) {
    std::fflush(stdout);  // what was said before stands before it
    std::fprintf(stderr, "gtn: %s\n", error.what());
    return error.exit_code();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gtn: unexpected: %s\n", error.what());
    return 1;
  }
}

}  // namespace gtn
