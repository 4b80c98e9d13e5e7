// What the program says of a command line: help, and what could not be read.
#include <gmock/gmock.h>

#include <sstream>

#include "tests/cli/program.h"

namespace gtn {
namespace {

using testing::HasSubstr;

TEST(CommandLine, faults_name_the_verb_and_what_was_meant) {
  const std::pair<std::string, std::vector<std::string>> cases[] = {
      {"", {"gtn: needs a verb, such as data; see gtn --help"}},
      {"tarin", {"gtn: unknown verb 'tarin', did you mean 'train'?; see gtn --help"}},
      {"data inspct x", {"gtn data: unknown verb 'inspct', did you mean 'inspect'?; see gtn data --help"}},
      {"--vesion", {"gtn: unknown option '--vesion', did you mean '--version'?"}},
      {"train x --sett a=1", {"gtn train: unknown option '--sett', did you mean '--set'?; see gtn train --help"}},
      {"train x --sett=a=1", {"unknown option '--sett', did you mean '--set'?"}},
      {"train x y", {"gtn train: 'y' is more than it takes"}},
      {"train x -q", {"gtn train: unknown option '-q'"}},
      {"--bogus train x", {"gtn: unknown option '--bogus'; see gtn --help"}},
      {"--threads 2 train x", {"gtn: unknown option '--threads'"}},
      {"help tarin", {"gtn: unknown verb 'tarin', did you mean 'train'?"}},
      {"help data inspct", {"gtn data: unknown verb 'inspct', did you mean 'inspect'?"}},
      {"train x --set", {"gtn train: --set: 1 required", "see gtn train --help"}},
      {"space", {"gtn space: needs SPACE; see gtn space --help"}},
      {"evaluate", {"gtn evaluate: needs ARTEFACT"}},
      {"train x --seed -1", {"gtn train: --seed: must be a whole number from 0 on, not '-1'"}},
      {"train x --seed 1.5", {"--seed: must be a whole number from 0 on, not '1.5'"}},
      {"train x --threads 0", {"--threads: must be a whole number from 1 to 1024, not '0'"}},
      {"train x --precision fp16", {"--precision: fp16 not in {f32,bf16}"}},
  };
  for (const auto& [arguments, parts] : cases) {
    const CommandResult outcome = run_program(arguments);
    EXPECT_EQ(outcome.code, 2) << arguments << "\n" << outcome.output;
    for (const std::string& part : parts) EXPECT_THAT(outcome.output, HasSubstr(part)) << arguments;
    EXPECT_EQ(std::ranges::count(outcome.output, '\n'), 1) << outcome.output;
  }
}

TEST(CommandLine, help_of_every_verb_has_an_example) {
  const std::string help = run_program("--help").output;
  EXPECT_THAT(help, HasSubstr("Example:"));
  std::istringstream lines(help.substr(help.find("Subcommands:\n")));
  int verbs = 0;
  for (std::string line, verb; std::getline(lines, line) && !line.starts_with("Example");) {
    if (!line.starts_with("  ") || !(std::istringstream(line) >> verb)) continue;
    const CommandResult outcome = run_program(verb + " --help");
    EXPECT_EQ(outcome.code, 0) << verb;
    ASSERT_THAT(outcome.output, HasSubstr("Example:\n")) << verb;
    EXPECT_THAT(outcome.output.substr(outcome.output.find("Example:\n")), HasSubstr("gtn " + verb));
    ++verbs;
  }
  EXPECT_EQ(verbs, 13);
  EXPECT_THAT(run_program("train --help").output, HasSubstr("population.widths"));
  EXPECT_EQ(run_program("help").output, help);
  EXPECT_EQ(run_program("help train").output, run_program("train --help").output);
  EXPECT_EQ(run_program("help data export").output, run_program("data export --help").output);
}

}  // namespace
}  // namespace gtn
