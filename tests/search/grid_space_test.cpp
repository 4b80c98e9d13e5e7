#include "gtn/search/grid_space.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include "tests/search/space_contract.h"

namespace gtn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kOwn = R"toml(
learner = "{body} linear(classes)"

[choices]
kind = [{kind = "conv", body = "{block} {pool} flatten"}, {kind = "mlp", body = "flatten linear({width}) relu"}]
width = [8, 16]
kernel = [3, 5, 7]
pool = ["maxpool(2)", "avgpool(2)"]

[parts]
block = "conv({width}, k={kernel}) relu"
)toml";

GridSpace own() { return GridSpace("own", kOwn, "own.toml"); }

std::string faults_of(const std::string& toml) {
  try {
    GridSpace("bad", toml, "bad.toml");
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

TEST(GridSpace, holds_the_contract) {
  expect_space_contract(own(), 10);
  expect_space_contract(*convnet_space());
}

TEST(GridSpace, counts_what_differs) {
  EXPECT_EQ(own().size(), 2 * 3 * 2 + 2);  // kernel and pooling do not matter to the perceptron
  EXPECT_EQ(convnet_space()->size(), 3 * 3 * 2 * 3 * 3 * 3 * 3);
}

TEST(GridSpace, spells_architectures_by_what_matters) {
  const GridSpace space = own();
  EXPECT_EQ(space.at(0), "kind=conv width=8 kernel=3 pool=maxpool(2)");
  EXPECT_EQ(space.learner("kind=conv width=16 kernel=5 pool=avgpool(2)"),
            "conv(16, k=5) relu avgpool(2) flatten linear(classes)");
  EXPECT_EQ(space.canonical(" width=16  kernel=7 kind=mlp"), "kind=mlp width=16");
  EXPECT_THAT(space.features("kind=mlp width=16"), ElementsAre("kind=mlp", "width=16"));
  EXPECT_THAT(space.neighbours("kind=mlp width=16"),
              ElementsAre("kind=conv width=16 kernel=3 pool=maxpool(2)", "kind=mlp width=8"));
}

TEST(GridSpace, says_where_a_genotype_is_wrong) {
  const GridSpace space = own();
  const auto fault = [&](const std::string& genotype) {
    try {
      return space.canonical(genotype);
    } catch (const Error& error) {
      return std::string(error.what());
    }
  };
  EXPECT_THAT(fault("kind=mlp widht=8"), HasSubstr("column 10"));
  EXPECT_THAT(fault("kind=mlp widht=8"), HasSubstr("did you mean width=?"));
  EXPECT_THAT(fault("kind=mlp width=9"), HasSubstr("column 16"));
  EXPECT_THAT(fault("kind=mlp width=9"), HasSubstr("there are: 8, 16"));
  EXPECT_THAT(fault("kind=conv width=8 kernel=3"), HasSubstr("'pool=' is missing"));
  EXPECT_THAT(fault("kind=mlp width=8 width=8"), HasSubstr("twice"));
}

TEST(GridSpace, lists_every_fault_of_a_file) {
  const std::string faults = faults_of(R"toml(
lerner = 3
learner = "{body} {round} linear(clases) {nowhere}"
[choices]
body = []
idle = [1, 2]
tables = [{wide = 3}]
same = ["a", "a", "b c"]
[parts]
round = "{square}"
square = "{round} {same} {tables}"
)toml");
  for (const char* part : {"lerner", "\"body\" needs a list", "nothing names the choice \"idle\"", "has no \"tables\"",
                           "\"a\" twice", "no blank", "fills itself", "nothing fills {nowhere}"})
    EXPECT_THAT(faults, HasSubstr(part));
  EXPECT_THAT(faults_of("learner = \"{a} linear(classes)\"\n[choices]\na = [\"flatten(\", \"flatten\"]"),
              HasSubstr("builds no learner"));
  EXPECT_THAT(faults_of("learner = 'x"), HasSubstr("bad.toml:1"));
  std::string large = "learner = \"{a0} {a1} {a2} {a3} {a4} {a5}\"\n[choices]\n";
  for (int i = 0; i < 6; ++i) large += "a" + std::to_string(i) + " = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n";
  EXPECT_THAT(faults_of(large), HasSubstr("combinations"));
}

TEST(GridSpace, is_opened_from_a_file) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "mine.toml";
  std::ofstream(path) << kOwn;
  const SpacePtr space = open_space(path.string());
  EXPECT_EQ(space->name(), "mine");
  EXPECT_EQ(space->size(), 14);
  EXPECT_EQ(open_space("convnet")->name(), "convnet");
  EXPECT_THROW(open_space((folder.path() / "absent.toml").string()), Error);
  EXPECT_THROW(open_space("convnt"), Error);
}

}  // namespace
}  // namespace gtn
