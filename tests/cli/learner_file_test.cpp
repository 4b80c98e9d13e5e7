// Learner texts in files, by themselves and where the program takes them.
#include "cli/learner_file.h"

#include <gmock/gmock.h>

#include <set>

#include "gtn/core/config.h"
#include "tests/cli/program.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class LearnerFile : public testing::Test {
 protected:
  // "@PATH" of a file with this content.
  std::string with(const std::string& content) const {
    write_file_atomic(at("net file.txt"), content);
    return "@" + at("net file.txt");
  }
  std::string at(const std::string& name) const { return (folder_ / name).string(); }

 private:
  TemporaryFolder folder_;
};

TEST_F(LearnerFile, is_what_stands_behind_an_at_sign) {
  const std::string text = "# mine\nflatten\n  linear(classes)  # all\n";
  const LearnerText read = read_learner(with(text));
  EXPECT_EQ(read.text, text);
  EXPECT_EQ(read.file, at("net file.txt"));
  EXPECT_EQ(make_net(read, {1, 4, 4}, 3)->text(), "flatten linear(classes)");
  EXPECT_EQ(read_learner(at("net file.txt")).text, text) << "a path needs no mark";
  EXPECT_EQ(read_learner("lenet").text, "lenet");
  EXPECT_EQ(read_learner("lenet").file, "");
}

TEST_F(LearnerFile, of_the_examples_builds) {
  const auto net = make_net(read_learner("@" GTN_SOURCE_DIR "/examples/my_network.txt"), {3, 32, 32}, 10);
  EXPECT_EQ(net->classes(), 10);
}

TEST_F(LearnerFile, faults_name_the_file_and_the_place) {
  const auto build = [&](const std::string& argument) { make_net(read_learner(argument), {1, 4, 4}, 3); };
  expect_error([&] { build(with("# mine\nflatten relo linear(classes)")); }, ErrorKind::usage,
               {"net file.txt: ", "line 2, column 9", "'relo' is not a layer"});
  expect_error([&] { build(with("res{\nrelu\n")); }, ErrorKind::usage, {"net file.txt: ", "line 3", "'}' is missing"});
  expect_error([&] { build(with("conv(4, k=9, p=0)")); }, ErrorKind::usage,
               {"net file.txt: ", "column 1", "does not fit"});
  expect_error([&] { build(with("")); }, ErrorKind::usage, {"net file.txt: ", "is empty"});
  expect_error([&] { build(with(std::string(70000, ' '))); }, ErrorKind::failure, {"net file.txt"});
  expect_error([&] { build("@" + at("absent.txt")); }, ErrorKind::failure, {"absent.txt"});
  expect_error([&] { build("@" + at("")); }, ErrorKind::failure, {at("")});
  expect_error([&] { build("@"); }, ErrorKind::usage, {"names no file"});
}

TEST_F(LearnerFile, of_a_configuration_is_replaced_by_its_text) {
  const std::string file = with("flatten\nlinear(classes)");
  RunConfig config;
  config.meta.population.fixed = {"mlp", file};
  config.experts.learner = file;
  const std::vector<LearnerText> read = settle_learners(config);
  EXPECT_EQ(config.meta.population.fixed, (std::vector<std::string>{"mlp", "flatten\nlinear(classes)"}));
  EXPECT_EQ(config.experts.learner, "flatten\nlinear(classes)");
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].file, at("net file.txt"));
  RunConfig again;
  read_toml(again, to_toml(config), "config.toml");
  EXPECT_EQ(again.experts.learner, config.experts.learner);
}

TEST(LearnersOfASpace, are_drawn_once_and_stand_in_the_configuration) {
  const auto drawn = [](int64_t seed, const std::vector<std::string>& fixed) {
    RunConfig config;
    config.seed = seed;
    config.meta.population.fixed = fixed;
    settle_learners(config);
    return config.meta.population.fixed;
  };
  const std::vector<std::string> learners = drawn(1, {"mlp", "5 of nb201(width=4)", "3 of convnet"});
  ASSERT_EQ(learners.size(), 9u);
  EXPECT_EQ(learners[0], "mlp");
  EXPECT_EQ(std::set(learners.begin(), learners.end()).size(), 9u);
  for (size_t i = 1; i < 9; ++i) {
    EXPECT_EQ(learners[i].starts_with("nasbench201"), i < 6) << learners[i];
    EXPECT_NO_THROW(make_net(learners[i], {1, 28, 28}, 10));
  }
  EXPECT_EQ(drawn(1, learners), learners) << "a run goes on with those that it began with";
  EXPECT_EQ(drawn(1, {"mlp", "5 of nb201(width=4)", "3 of convnet"}), learners);
  EXPECT_NE(drawn(2, {"mlp", "5 of nb201(width=4)", "3 of convnet"}), learners);
  EXPECT_EQ(drawn(1, {"900 of presets"}).size(), presets().size()) << "all that there are";
  expect_error([&] { drawn(1, {"0 of convnet"}); }, ErrorKind::usage, {"population.fixed", "1 to 1000"});
  expect_error([&] { drawn(1, {"1001 of convnet"}); }, ErrorKind::usage, {"1001"});
  expect_error([&] { drawn(1, {"4 of convnot"}); }, ErrorKind::usage, {"did you mean 'convnet'"});
}

TEST_F(LearnerFile, trains_a_run_that_does_not_need_it_any_more) {
  write_tiny_dataset(at("."));
  const auto train = [&](const std::string& learner, const std::string& out) {
    return run_program("train --threads 1 --set dataset=" + at(".") + " --set teacher.steps=2 --set teacher.batch=3" +
                       " --set outer.iterations=2 --set validation.every=0 --set 'population.fixed=[\"" + learner +
                       "\"]' --out " + at(out));
  };
  const CommandResult wrong = train(with("flatten\nlinear(classes) relo"), "wrong");
  EXPECT_EQ(wrong.code, 2) << wrong.output;
  EXPECT_THAT(wrong.output, HasSubstr("net file.txt: "));
  EXPECT_THAT(wrong.output, HasSubstr("line 2, column 17"));
  EXPECT_FALSE(fs::exists(at("wrong")));
  const CommandResult right = train(with("flatten  # mine\nlinear(classes)"), "run");
  ASSERT_EQ(right.code, 0) << right.output;
  EXPECT_THAT(read_file(at("run/config.toml")), HasSubstr("# mine"));
}

}  // namespace
}  // namespace gtn
