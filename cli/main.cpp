// gtn <verb>: dispatches and catches, nothing else.
#include <cstdio>
#include <exception>

#include "cli/verbs.h"
#include "gtn/core/error.h"
#include "gtn/core/nearest.h"

namespace {

int unknown_verb(const CLI::App& program, const std::string& verb) {
  std::vector<std::string> names;
  for (const CLI::App* known : program.get_subcommands({})) names.push_back(known->get_name());
  const std::string near = gtn::nearest(verb, names);
  std::fprintf(stderr, "gtn: unknown verb '%s'%s; see gtn --help\n", verb.c_str(),
               near.empty() ? "" : (", did you mean '" + near + "'?").c_str());
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program{"Generative Teaching Networks: learn the training data, and teach fresh networks in a few steps."};
  program.name("gtn");
  program.set_version_flag("--version", "gtn " GTN_VERSION);
  program.require_subcommand(1);
  program.footer("Example:\n  gtn train --config configs/quickstart.toml --out runs/first && gtn evaluate runs/first");
  gtn::Action chosen;
  gtn::add_train(program, chosen);
  gtn::add_evaluate(program, chosen);
  gtn::add_export(program, chosen);
  gtn::add_inspect(program, chosen);
  gtn::add_bench(program, chosen);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (argc > 1 && argv[1][0] != '-' && program.get_subcommands().empty()) return unknown_verb(program, argv[1]);
    return program.exit(error) == 0 ? 0 : 2;
  }
  try {
    return chosen();
  } catch (const gtn::Error& error) {
    std::fprintf(stderr, "gtn: %s\n", error.what());
    return error.exit_code();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gtn: unexpected: %s\n", error.what());
    return 1;
  }
}
