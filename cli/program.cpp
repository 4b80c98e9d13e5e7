#include "cli/program.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <span>
#include <string_view>
#include <utility>

#include "cli/parse_fault.h"
#include "cli/verbs.h"
#include "gtn/core/error.h"
#include "gtn/core/version.h"

namespace gtn {
namespace {

// "gtn help" and "gtn help data export", as other programs have them.
int help(const CLI::App& program, std::span<char* const> verbs) {
  const CLI::App* verb = &program;
  std::string name = program.get_name(), before;
  for (const char* word : verbs) {
    const auto known = verb->get_subcommands({});
    const auto found = std::ranges::find(known, word, [](const CLI::App* app) { return app->get_name(); });
    if (found == known.end()) {
      std::fprintf(stderr, "%s\n", unknown_verb(*verb, name, word).c_str());
      return 2;
    }
    verb = *found;
    before = std::exchange(name, name + " " + word);
  }
  std::printf("%s", verb->help(before).c_str());
  return 0;
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
  if (argc > 1 && std::string_view(argv[1]) == "help")
    return help(program, std::span(argv, static_cast<size_t>(argc)).subspan(2));
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
