// gtn space, run as a person would.
#include <gmock/gmock.h>

#include "gtn/core/json.h"
#include "tests/cli/program.h"
#include "tests/core/temporary_folder.h"

namespace gtn {
namespace {

using testing::HasSubstr;

class SpaceVerb : public testing::Test {
 protected:
  SpaceVerb() {
    write_file_atomic(file("own.toml"),
                      "learner = \"conv({width}, k={kernel}) {act} maxpool({window}) gap linear(classes)\"\n"
                      "[choices]\nwidth = [4, 8]\nkernel = [1, 3]\nact = [\"relu\", \"silu\"]\nwindow = [2, 20]\n");
  }

  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  CommandResult space(const std::string& arguments) const {
    return run_program("space " + file("own.toml") + arguments);
  }
  void expect_fault(const std::string& arguments, int code, const std::string& part) const {
    const CommandResult outcome = space(arguments);
    EXPECT_EQ(outcome.code, code) << arguments << ": " << outcome.output;
    EXPECT_THAT(outcome.output, HasSubstr(part)) << arguments;
  }

 private:
  TemporaryFolder folder_;
};

const std::string kOne = " --genotype 'act=relu kernel=3 width=8 window=2' ";

TEST_F(SpaceVerb, says_what_may_be_chosen) {
  const CommandResult outcome = space("");
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  for (const char* part : {"own", "kernel", "16 architectures"}) EXPECT_THAT(outcome.output, HasSubstr(part));
}

TEST_F(SpaceVerb, lists_a_sample_that_the_seed_decides) {
  const CommandResult outcome = space(" --sample 6 --seed 4");
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_EQ(std::count(outcome.output.begin(), outcome.output.end(), '\n'), 2 + 6);
  EXPECT_NE(space(" --sample 6 --seed 5").output, outcome.output);
}

TEST_F(SpaceVerb, lists_all_and_leaves_open_what_does_not_fit) {
  const std::string arguments = " --all --image 2x8x8 --classes 3";
  const CommandResult outcome = space(arguments);
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("parameters  multiply-adds  genotype\n"));
  EXPECT_THAT(outcome.output, HasSubstr("        27            524  width=4 kernel=1 act=relu window=2\n"
                                        "         -              -  width=4 kernel=1 act=relu window=20\n"));
  const Json json = Json::parse(space(arguments + " --json").output);
  EXPECT_EQ(json["size"], 16);
  EXPECT_EQ(json["genotypes"].size(), 16u);
  EXPECT_EQ(json["genotypes"][0], Json({{"genotype", "width=4 kernel=1 act=relu window=2"},
                                        {"learner", "conv(4, k=1) relu maxpool(2) gap linear(classes)"},
                                        {"parameters", 27},
                                        {"multiply_adds", 524}}));
  EXPECT_TRUE(json["genotypes"][1]["parameters"].is_null());
}

TEST_F(SpaceVerb, shows_a_genotype_and_draws_it) {
  const bool draws = run_command("dot -V").code == 0;
  const CommandResult outcome =
      space(kOne + "--json --dot " + file("net.dot") + (draws ? " --svg " + file("net.svg") : ""));
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_EQ(Json::parse(outcome.output), Json({{"space", "own"},
                                               {"size", 16},
                                               {"genotype", "width=8 kernel=3 act=relu window=2"},
                                               {"learner", "conv(8, k=3) relu maxpool(2) gap linear(classes)"},
                                               {"parameters", 8 * 9 + 8 + 8 * 10 + 10},
                                               {"multiply_adds", 28 * 28 * 72 + 80},
                                               {"neighbours", 4}}));
  for (const char* part : {"digraph", "170 parameters", "conv(8, k=3)"})
    EXPECT_THAT(read_file(file("net.dot")), HasSubstr(part));
  if (!draws) GTEST_SKIP() << "Graphviz is not installed";
  EXPECT_THAT(read_file(file("net.svg")), HasSubstr("</svg>"));
}

TEST_F(SpaceVerb, faults_say_what_to_do) {
  expect_fault(" --genotype width=4", 2, "'kernel=' is missing");
  expect_fault(" --sample 2 --all", 2, "--sample excludes --all");
  expect_fault(" --all --image 28x28", 2, "\"28x28\" is no CHANNELSxHEIGHTxWIDTH");
  expect_fault(kOne + "--image 1x1x1", 2, "on images [1, 1, 1]");
}

TEST_F(SpaceVerb, without_graphviz_there_is_still_the_graph) {
  const CommandResult outcome = run_command("PATH=/nowhere " + std::string(GTN_PROGRAM) + " space " + file("own.toml") +
                                            kOne + "--svg " + file("net.svg"));
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.output, HasSubstr("dot: is not installed"));
  EXPECT_FALSE(std::filesystem::exists(file("net.svg")));
}

}  // namespace
}  // namespace gtn
