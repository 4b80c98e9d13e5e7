#include "cli/program.h"

#include <cstdio>
#include <exception>

#include "cli/verbs.h"
#include "gtn/core/error.h"
#include "gtn/core/nearest.h"
#include "gtn/core/version.h"

namespace gtn {
namespace {

// `verb` is no verb of `program`, which may be a verb with verbs of its own.
int unknown_verb(const CLI::App& program, const std::string& verb) {
  std::vector<std::string> names;
  for (const CLI::App* known : program.get_subcommands({})) names.push_back(known->get_name());
  const std::string near = nearest(verb, names);
  const std::string parent = program.get_parent() ? program.get_parent()->get_name() + " " : "";
  std::fprintf(stderr, "gtn: unknown verb '%s'%s See %s --help\n", verb.c_str(),
               near.empty() ? "." : (", did you mean '" + near + "'?").c_str(), (parent + program.get_name()).c_str());
  return 2;
}

}  // namespace

int run_verb(int argc, char** argv, const std::function<void()>& before_computing) {
  CLI::App program{"Generative Teaching Networks: learn the training data, and teach fresh networks in a few steps."};
  program.name("gtn");
  program.set_version_flag("--version", "gtn " GTN_VERSION);
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
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const CLI::App* last = &program;
    int next = 1;
    for (; !last->get_subcommands().empty(); ++next) last = last->get_subcommands().front();
    const bool has_verbs = !last->get_subcommands({}).empty();
    if (has_verbs && next < argc && argv[next][0] != '-') return unknown_verb(*last, argv[next]);
    return program.exit(error) == 0 ? 0 : 2;
  }
  const bool computes = program.get_subcommands().front()->get_option_no_throw("--threads") != nullptr;
  if (computes && before_computing) before_computing();
  try {
    return chosen();
  } catch (const Error& error) {
    std::fprintf(stderr, "gtn: %s\n", error.what());
    return error.exit_code();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gtn: unexpected: %s\n", error.what());
    return 1;
  }
}

}  // namespace gtn
