// gtn bench as a person would run it, on the smallest learner: the contract of its JSON, and figures that fit together.
#include <gmock/gmock.h>

#include <cmath>

#include "gtn/core/json.h"
#include "tests/cli/program.h"

namespace gtn {
namespace {

using testing::HasSubstr;

TEST(Bench, measures_one_learner_and_says_what_it_left_out) {
  const CommandResult outcome = run_program("bench --quick --json --threads 1 --learner mlp");
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  const Json json = Json::parse(outcome.output);
  EXPECT_GT(json.at("peak").at("f32").get<double>(), 0);
  EXPECT_TRUE(json.at("peak").contains("bf16"));
  EXPECT_EQ(json.at("peak"), json.at("peak_one_thread")) << "there is but one";
  for (const Json& c : json.at("peak_cases"))
    EXPECT_LE(c.at("all_threads").at("f32").get<double>(), json.at("peak").at("f32").get<double>());
  EXPECT_EQ(json.at("official_setting_s"), (Json{{"f32", nullptr}, {"bf16", nullptr}}));
  EXPECT_THAT(json.at("skipped").dump(), HasSubstr("scoring side by side: there is but one thread"));
  EXPECT_EQ(json.at("scoring"), Json::array());
  EXPECT_GE(json.at("skipped").size(), 3u);
  EXPECT_EQ(json.at("disturbed"), false);
  const Json& machine = json.at("machine");
  EXPECT_EQ(machine.at("threads"), 1);
  EXPECT_GE(machine.at("cores"), 1);
  for (const char* name : {"cpu", "libtorch", "instruction_set"}) EXPECT_NE(machine.at(name), "") << name;

  ASSERT_EQ(json.at("learners").size(), 1u);
  const Json& mlp = json.at("learners")[0];
  EXPECT_EQ(mlp.at("name"), "mlp");
  EXPECT_EQ(mlp.at("batch"), 128);
  EXPECT_EQ(mlp.at("multiply_adds"), 784 * 128 + 128 * 128 + 128 * 10);
  EXPECT_EQ(mlp.at("speedup_bf16").is_null(), json.at("peak").at("bf16").is_null());
  EXPECT_EQ(mlp.at("autograd_form"), "channels-last, step by step");
  const auto figure = [&](const char* name) { return mlp.at(name).get<double>(); };
  for (const char* name : {"plain_ms", "dual_ms", "meta_step_ms", "real_loss_ms", "generator_ms", "autograd_ror_ms",
                           "share_of_peak_plain", "share_of_peak_dual", "peak_mb"})
    EXPECT_GT(figure(name), 0) << name;
  EXPECT_GE(figure("page_faults"), 0);
  EXPECT_LT(figure("difference"), 1e-3) << "both compute the same gradient";
  // Printed to four digits.
  const auto expect_fits = [](double value, double expected) { EXPECT_NEAR(value, expected, 2e-3 * expected); };
  // 2 and 6 products for the first layer, 3 and 9 for the others, 2 FLOP each.
  const double first = 784 * 128, rest = 128 * 128 + 128 * 10;
  expect_fits(figure("gflops_plain") * figure("plain_ms"), 2e-6 * 128 * (2 * first + 3 * rest));
  expect_fits(figure("gflops_dual") * figure("dual_ms"), 2e-6 * 128 * (6 * first + 9 * rest));
  expect_fits(figure("share_of_peak_plain"), figure("gflops_plain") / json["peak"]["f32"].get<double>());
  expect_fits(figure("speedup_f32"), figure("autograd_ror_ms") / figure("meta_step_ms"));
  expect_fits(figure("meta_over_plain"), figure("meta_step_ms") / figure("plain_ms"));
}

TEST(Bench, scores_learners_side_by_side_where_there_are_threads) {
  const CommandResult outcome = run_program("bench --quick --json --threads 2 --learner mlp");
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  const Json scoring = Json::parse(outcome.output).at("scoring");
  ASSERT_EQ(scoring.size(), 1u);
  EXPECT_EQ(scoring[0].at("name"), "mlp");
  const double apart = scoring[0].at("one_by_one_ms"), beside = scoring[0].at("side_by_side_ms");
  EXPECT_GT(apart, 0);
  EXPECT_NEAR(scoring[0].at("gain").get<double>(), apart / beside, 2e-3 * apart / beside);
}

TEST(Bench, scaling_writes_figures_and_picture) {
  const TemporaryFolder folder;
  const CommandResult outcome =
      run_program("bench --scaling --quick --json --threads 1 --out " + (folder / "scaling").string());
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  const Json json = Json::parse(outcome.output);
  EXPECT_EQ(Json::parse(read_file(folder / "scaling" / "scaling.json")), json);
  EXPECT_THAT(read_file(folder / "scaling" / "scaling.svg"), HasSubstr("autograd, one graph"));
  EXPECT_EQ(json.at("base"), (Json{{"steps", 2}, {"batch", 8}, {"width", 4}, {"learners", 1}}));
  ASSERT_EQ(json.at("sweeps").size(), 4u);
  EXPECT_THAT(json.at("skipped"), testing::IsEmpty());
  for (const Json& sweep : json.at("sweeps")) {
    ASSERT_EQ(sweep.at("rows").size(), 2u);
    for (const Json& row : sweep.at("rows"))
      for (const char* name : {"lean_s", "kept_s", "autograd_s", "bound_mb", "step_mb"})
        EXPECT_GT(row.at(name).get<double>(), 0) << sweep.at("name") << " " << name;
    EXPECT_TRUE(sweep.at("exponents").contains("lean_mb"));
    const Json& rows = sweep.at("rows");  // the second value is twice the first
    EXPECT_NEAR(sweep.at("exponents").at("lean_s").get<double>(),
                std::log2(rows[1].at("lean_s").get<double>() / rows[0].at("lean_s").get<double>()), 1e-2);
  }
  // Every sweep begins at the base, which is measured once.
  EXPECT_EQ(json["sweeps"][0]["rows"][0]["lean_s"], json["sweeps"][3]["rows"][0]["lean_s"]);
  // A step leaves w, v and the gradients at 8 images of 28 x 28 and their labels.
  const double parameters = 4 * 9 + 4 + 8 + 8 * 4 * 9 + 8 + 16 + 10 * 8 * 49 + 10;
  const Json& steps = json["sweeps"][0]["rows"];
  EXPECT_NEAR(steps[0].at("step_mb").get<double>(), 4e-6 * (2 * parameters + 8 * 794), 1e-4);
  EXPECT_NEAR(steps[1].at("bound_mb").get<double>() - steps[0].at("bound_mb").get<double>(),
              2 * steps[0].at("step_mb").get<double>(), 1e-3);
}

TEST(Bench, scaling_in_words_and_its_faults) {
  const CommandResult outcome = run_program("bench --scaling --quick --threads 1");
  EXPECT_EQ(outcome.code, 0);
  for (const char* part : {"bound MB", "exponent of", "one more step"}) EXPECT_THAT(outcome.output, HasSubstr(part));
  EXPECT_EQ(run_program("bench --scaling --learner mlp").code, 2);
  const CommandResult out = run_program("bench --out x");
  EXPECT_EQ(out.code, 2);
  EXPECT_THAT(out.output, HasSubstr("--scaling"));
}

TEST(Bench, an_unknown_learner_is_refused_with_the_nearest_name) {
  const CommandResult outcome = run_program("bench --learner convnet");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.output, HasSubstr("did you mean 'convnet3'?"));
  EXPECT_THAT(outcome.output, HasSubstr("nasbench201"));
}

}  // namespace
}  // namespace gtn
