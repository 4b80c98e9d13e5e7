// Spaces written in TOML: what genotypes mean, and the faults of files and genotypes.
#include "gtn/search/grid_space.h"

#include <gmock/gmock.h>

#include "tests/search/space_contract.h"

namespace gtn {
namespace {

using testing::ElementsAre;

// `deep` blocks have a kernel of their own, and a wide net may have a second activation that a narrow one has not.
const std::string kFile = R"toml(
name = "own"
learner = "{blocks} gap linear(classes)"

[choices]
depth = [{depth = "flat", blocks = "{first}"}, {depth = "deep", blocks = "{first} {second}"}]
width = [4, 6]
kernel = [1, 3]
tail = ["relu", "leaky_relu(0.0)", "silu"]
scale = [2]

[parts]
first = "conv({width}) relu"
second = "res{ conv({width}, k={kernel}) } {tail} avgpool({scale})"
)toml";

GridSpace own_space() { return GridSpace(kFile, "own.toml"); }

GridSpace space_of(const std::string& learner, const std::string& choices, const std::string& rest = "") {
  return GridSpace("learner = \"" + learner + "\"\n[choices]\n" + choices + "\n" + rest, "f.toml");
}

// Of its nine genotypes, four build what others build.
GridSpace merged_space() {
  return space_of(
      "{a} {b} gap linear(classes)",
      "first = [{first = \"none\", a = \"\"}, {first = \"relu\", a = \"relu\"}, {first = \"silu\", a = \"silu\"}]\n"
      "second = [{second = \"none\", b = \"\"}, {second = \"blank\", b = \" \"}, {second = \"relu\", b = \"relu\"}]");
}

TEST(GridSpace, holds_to_the_contract) {
  expect_space_contract(own_space(), {.image = {2, 8, 8}});
  expect_space_contract(merged_space());
  expect_space_contract(space_of("{a} gap linear({b}) linear(classes)", "a = [\"relu\", \"silu\"]\nb = [1, 2]"));
  expect_space_contract(space_of("gap linear({b}) linear(classes)", "b = [1]"));
}

TEST(GridSpace, genotypes_name_what_matters_in_the_order_of_the_file) {
  const GridSpace space = own_space();
  EXPECT_EQ(space.name(), "own");
  EXPECT_EQ(space.canonical(" kernel=3  width=4 depth=flat\ttail=silu "), "depth=flat width=4");
  EXPECT_EQ(space.canonical("width=6 tail=silu scale=2 kernel=3 depth=deep"), "depth=deep width=6 kernel=3 tail=silu");
  EXPECT_EQ(space.learner("depth=flat width=4"), "conv(4) relu gap linear(classes)");
  EXPECT_EQ(space.learner("depth=deep width=6 kernel=1 tail=relu"),
            "conv(6) relu res{ conv(6, k=1) } relu avgpool(2) gap linear(classes)");
  EXPECT_THAT(space.features("depth=flat width=4"), ElementsAre("depth=flat", "width=4"));
  EXPECT_EQ(space_of("gap linear({b}) linear(classes)", "b = [1]").at(0), "only");
}

TEST(GridSpace, one_learner_text_is_one_architecture) {
  const GridSpace space = merged_space();
  EXPECT_EQ(space.size(), 5);
  EXPECT_EQ(space.canonical("second=blank first=silu"), "first=silu second=none");
  EXPECT_EQ(space.canonical("first=relu second=none"), "first=none second=relu");
  EXPECT_THAT(space.neighbours("first=none second=none"),
              ElementsAre("first=none second=relu", "first=silu second=none"));
  // By its other genotype.
  EXPECT_THAT(space.neighbours("first=none second=relu"), testing::Contains("first=silu second=none"));
}

TEST(GridSpace, numbers_are_written_as_in_toml) {
  EXPECT_EQ(space_of("leaky_relu({slope}) gap linear(classes)", "slope = [0.1, 1e-3, 2]").size(), 3);
  const GridSpace space = space_of("leaky_relu({slope}) gap linear(classes)", "slope = [0.25, 2.0]");
  EXPECT_EQ(space.learner(space.at(0)), "leaky_relu(0.25) gap linear(classes)");
}

TEST(GridSpace, neighbours_differ_in_one_choice_and_in_what_comes_to_matter) {
  const GridSpace space = own_space();
  EXPECT_THAT(space.neighbours("depth=deep width=4 kernel=1 tail=silu"),
              ElementsAre("depth=deep width=4 kernel=1 tail=leaky_relu(0.0)", "depth=deep width=4 kernel=1 tail=relu",
                          "depth=deep width=4 kernel=3 tail=silu", "depth=deep width=6 kernel=1 tail=silu",
                          "depth=flat width=4"));
  EXPECT_EQ(space.neighbours("depth=flat width=4").size(), 7u);  // the other width, and 2 x 3 deep ones
}

TEST(GridSpace, faults_of_a_genotype_name_column_and_cure) {
  const GridSpace space = own_space();
  const auto expect = [&](const std::string& genotype, const std::vector<std::string>& parts) {
    expect_error([&] { space.canonical(genotype); }, ErrorKind::usage, parts);
  };
  expect("depth=flat wdith=4",
         {"genotype \"depth=flat wdith=4\": column 12: \"wdith\" is no choice", "did you mean 'width'?"});
  expect("depth=flat width=5", {"column 18: \"5\" is no option of 'width', did you mean '4'?"});
  expect("depth=flat width=40000", {"\"40000\" is no option of 'width'; there are: 4, 6"});
  expect("depth=flat", {"column 11: 'width=' is missing; its options are: 4, 6"});
  expect("depth=flat width=4 width=4", {"column 20: 'width' is there twice"});
  expect("depth width=4", {"column 1: 'depth' has no option; write depth=OPTION"});
  expect("colour=red depth=deap", {"2 faults", "column 1: \"colour\" is no choice; there are: depth, width",
                                   "column 18: \"deap\" is no option of 'depth', did you mean 'deep'?"});
  expect("", {"column 1: 'depth=' is missing; its options are: flat, deep"});
  expect("depth=deep", {"3 faults", "'width='", "'kernel='", "'tail='"});
  expect(std::string(20000, 'x'), {"longer than 16 KiB"});
}

void expect_faults(const std::string& toml, const std::vector<std::string>& parts) {
  expect_error([&] { GridSpace(toml, "f.toml"); }, ErrorKind::usage, parts);
}

TEST(GridSpace, faults_of_a_file_are_listed_together) {
  expect_faults(R"toml(
nmae = "x"
learner = "{width} {widht} {a} linear(classes)"
[choices]
width = [4, 4]
kernel = []
a = ["{b}"]
b = [{b = 1, c = "{a}"}, {c = "relu"}]
blanks = ["conv(8) relu"]
date = 1979-05-27
[parts]
"no name" = "relu"
)toml",
                {"f.toml: ", "line 2: unknown key 'nmae', did you mean 'name'?",
                 "line 5: 'width' has the option \"4\" twice", "line 6: 'kernel' needs a list of options",
                 "line 8: an option of 'b' has no 'b', its label", "line 9: an option of 'blanks' has the label",
                 "line 10: 'date' needs a list of options such as [8, 16], not a date",
                 "line 12: 'no name' is no name of letters"});
  expect_faults(R"toml(
learner = "{width} {widht} {a} linear(classes)"
[choices]
width = [4, 6]
a = [{a = 1, c = "{b}"}, {a = 2, c = "relu"}]
unused = [1, 2]
x = [{x = "p", y = 1, z = "relu"}]
[parts]
b = "{b}"
spare = "{z}"
)toml",
                {"line 2: nothing fills {widht}, did you mean {width}?", "line 5: 'c' is never used",
                 "line 6: 'unused' is never used", "line 7: 'y' is never used", "line 10: 'spare' is never used"});
}

TEST(GridSpace, names_must_be_filled_once_and_never_by_themselves) {
  expect_faults("learner = \"{a}\"\n[parts]\na = \"{b}\"\nb = \"{a}\"", {"line 3: 'a' names itself"});
  expect_faults("learner = \"{a}\"\n[parts]\na = \"relu\"\n[choices]\na = [1, 2]", {"line 5: 'a' is filled by two"});
  expect_faults("learner = \"{a}\"\n[choices]\na = [{a = 1, b = 2}, {a = 2}]\n", {"'b' is not in every option of 'a'"});
  expect_faults("learner = \"res{relu} gap\"", {"nothing fills {relu}; a body of the learner text has blanks inside"});
}

TEST(GridSpace, a_file_needs_a_learner_and_the_right_types) {
  expect_faults("", {"needs learner = "});
  expect_faults(
      "learner = 3\nname = \"a b\"\nchoices = 1",
      {"'learner' must be a text in quotes, not 3", "'name' must be a word in quotes", "'choices' must be a table"});
  expect_faults("learner = \"{a}\"\n[choices]\na = [[1], nan, true]",
                {"line 3: a text or a number belongs here, not a list", "not nan", "not true"});
  expect_faults("learner = ", {"f.toml: line 1, column"});
}

TEST(GridSpace, each_option_must_build_on_some_image) {
  expect_faults(
      R"toml(learner = "conv(4) {act} {pool} gap linear(classes)"
[choices]
act = ["relu",
       "rellu"]
pool = ["maxpool(2)",
        "maxpool(2",
        "maxpool(300)"]
)toml",
      {"3 faults", "line 4: act=rellu pool=maxpool(2): ", "'rellu' is not a layer",
       "line 6: act=relu pool=maxpool(2: column", "line 7: act=relu pool=maxpool(300): ", "its window is larger"});
  // It fits no image of 32 x 32, but larger ones.
  EXPECT_EQ(space_of("maxpool({k}) gap linear(classes)", "k = [2, 100]").size(), 2);
  // What is wrong everywhere is said once.
  expect_faults("learner = \"conv({w}) linear(classes)\"\n[choices]\nw = [1, 2]",
                {"f.toml: w=1: ", "put flatten or gap before it"});
}

TEST(GridSpace, giants_are_refused) {
  std::string choices, learner;
  for (int i = 0; i < 20; ++i) {
    learner += "conv({a" + std::to_string(i) + "}) ";
    choices += "a" + std::to_string(i) + " = [1, 2]\n";
  }
  expect_error([&] { space_of(learner + "gap linear(classes)", choices); }, ErrorKind::usage,
               {"f.toml: has more than 200000 combinations"});
  std::string options = "= [1";
  for (int i = 2; i <= 22; ++i) options += ", " + std::to_string(i);
  expect_faults("learner = \"conv(" + std::string(15000, '0') +
                    "1) conv({a}) conv({b}) conv({c}) gap linear(classes)\"\n" + "[choices]\na " + options + "]\nb " +
                    options + "]\nc " + options + "]\n",
                {"its learners take more than 256 MiB"});
  for (const std::string leaf : {"", "relu "}) {
    std::string parts = "[parts]\np0 = \"" + leaf + "\"\n";
    for (int i = 1; i < 40; ++i)
      parts += "p" + std::to_string(i) + " = \"{p" + std::to_string(i - 1) + "}{p" + std::to_string(i - 1) + "}\"\n";
    expect_faults("learner = \"{p39} gap linear(classes)\"\n" + parts, {"grows beyond 16 KiB"});
  }
  std::string deep = "learner = \"{p0} gap linear(classes)\"\n[parts]\n";
  for (int i = 0; i < 1200; ++i) deep += "p" + std::to_string(i) + " = \"{p" + std::to_string(i + 1) + "}\"\n";
  expect_faults(deep + "p1200 = \"relu\"", {"more than 1000 names"});
}

}  // namespace
}  // namespace gtn
