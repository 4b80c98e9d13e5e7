#include "gtn/nets/population.h"

#include <set>

#include "gtn/nets/spec.h"
#include "tests/core/expect_error.h"

namespace gtn {
namespace {

constexpr uint64_t kSamples = 200;

size_t count_of(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

std::vector<std::string> samples(const PopulationConfig& config) {
  std::vector<std::string> texts;
  for (uint64_t i = 0; i < kSamples; ++i) texts.push_back(sample_learner(config, Key(3).split(i)));
  return texts;
}

TEST(Population, every_sample_is_a_learner_for_the_usual_images) {
  for (const std::string& text : samples({}))
    for (const Shape& image : {Shape{1, 28, 28}, Shape{3, 32, 32}})
      EXPECT_GT(make_net(text, image, 10)->parameter_count(), 0) << text;
}

TEST(Population, sampling_is_pure_in_the_key) {
  const std::vector<std::string> texts = samples({});
  EXPECT_EQ(texts, samples({}));
  EXPECT_GT(std::set(texts.begin(), texts.end()).size(), kSamples / 2);
}

TEST(Population, every_choice_of_every_list_appears) {
  const PopulationConfig config;
  std::multiset<std::string> seen;
  for (const std::string& text : samples(config)) {
    seen.insert("width " + text.substr(5, text.find(',') - 5));
    seen.insert("depth " + std::to_string(count_of(text, "conv(")));
    for (const int64_t kernel : config.kernels)
      if (text.find("k=" + std::to_string(kernel)) != std::string::npos) seen.insert("k" + std::to_string(kernel));
    for (const std::string& pool : config.pools)
      if (text.find(pool == "stride" ? "s=2" : pool) != std::string::npos) seen.insert(pool);
    for (const std::string& norm : config.norms)
      if (norm == "none" ? text.find("norm") == std::string::npos : text.find("norm(" + norm) != std::string::npos)
        seen.insert(norm);
    for (const std::string& activation : config.activations)
      if (text.find(" " + activation + " ") != std::string::npos) seen.insert(activation);
    const bool hidden = count_of(text, "linear(") == 2, gap = text.find("gap") != std::string::npos;
    seen.insert(hidden ? "hidden" : gap ? "gap" : "flatten");
  }
  // Four choices of equal chance: 50 expected of 200; below 20 is out of the question.
  for (const char* choice :
       {"width 8", "width 12",        "width 16",   "width 24", "depth 1", "depth 2", "depth 3", "k3",
        "k5",      "maxpool(2)",      "avgpool(2)", "stride",   "none",    "mean",    "batch",   "instance",
        "relu",    "leaky_relu(0.1)", "silu",       "tanh",     "flatten", "gap",     "hidden"})
    EXPECT_GE(seen.count(choice), 20u) << choice;
  // Every text has exactly one choice of each of the seven lists.
  EXPECT_EQ(seen.size(), 7 * kSamples);
}

TEST(Population, one_style_runs_through_a_learner_and_its_width_doubles_once) {
  const PopulationConfig config{.fixed = {},
                                .widths = {12},
                                .depths = {3},
                                .kernels = {3},
                                .pools = {"stride"},
                                .norms = {"mean"},
                                .activations = {"silu"},
                                .heads = {"hidden"}};
  EXPECT_EQ(sample_learner(config, Key(1)),
            "conv(12, k=3, s=2) norm(mean) silu conv(24, k=3, s=2) norm(mean) silu conv(24, k=3, s=2) norm(mean) silu "
            "flatten linear(48) silu linear(classes)");
}

TEST(Population, a_fixed_list_draws_each_of_its_entries_and_nothing_else) {
  const PopulationConfig config{.fixed = {"lenet", "mlp", "gap linear(classes)"}, .widths = {}};
  const std::vector<std::string> texts = samples(config);
  for (const std::string& entry : config.fixed) EXPECT_GE(std::ranges::count(texts, entry), 40) << entry;
  EXPECT_EQ(std::set(texts.begin(), texts.end()).size(), 3u);
  check_population(config);  // the lists play no part
  EXPECT_EQ(describe_population(config), "lenet|mlp|gap linear(classes)");
}

TEST(Population, is_led_by_a_wide_and_deep_learner_that_keeps_places_apart) {
  for (uint64_t i = 0; i < 20; ++i) {
    const std::string text = leading_learner({}, Key(i));
    EXPECT_EQ(count_of(text, "conv(48"), 2u) << text;  // the widest is 24 and doubles; the deepest has three blocks
    EXPECT_EQ(count_of(text, "gap"), 0u) << text;
  }
  PopulationConfig pooled;
  pooled.heads = {"gap"};
  EXPECT_EQ(count_of(leading_learner(pooled, Key(1)), "gap"), 1u);
  pooled.fixed = {"mlp", "lenet"};
  EXPECT_EQ(leading_learner(pooled, Key(1)), "mlp");
}

TEST(Population, is_described_in_one_line) {
  const std::string text = describe_population({});
  for (const char* part : {"sampled: widths 8|12|16|24", "depths 1|2|3", "kernels 3|5", "maxpool(2)|avgpool(2)|stride",
                           "none|mean|batch|instance", "relu|leaky_relu(0.1)|silu|tanh", "flatten|gap|hidden"})
    EXPECT_THAT(text, testing::HasSubstr(part));
  EXPECT_EQ(text.find('\n'), std::string::npos);
}

TEST(Population, all_faults_are_reported_at_once) {
  check_population({});
  const PopulationConfig config{.fixed = {},
                                .widths = {8, 0},
                                .depths = {},
                                .kernels = {99},
                                .pools = {"maxpool(3)"},
                                .norms = {"none", "layer"},
                                .activations = {"gelu"},
                                .heads = {}};
  expect_error([&] { check_population(config); }, ErrorKind::usage,
               {"population: 7 faults", "0 in widths is not from 1 to 4096", "depths is empty",
                "99 in kernels is not from 1 to 31", "'maxpool(3)' in pools is not one of maxpool(2)|avgpool(2)|stride",
                "'layer' in norms is not one of none|mean|batch|instance", "'gelu' in activations", "heads is empty"});
}

TEST(Population, hardest_learners_tell_whether_every_draw_fits) {
  PopulationConfig config;
  config.depths = {1, 5};
  const auto build_all = [&](const Shape& image) {
    for (const std::string& text : hardest_learners(config, Key(1))) make_net(text, image, 3);
  };
  EXPECT_NO_THROW(build_all({1, 32, 32}));
  EXPECT_THROW(build_all({1, 8, 8}), Error);  // five poolings of 8 pixels
  config.depths = {1, 3};
  EXPECT_NO_THROW(build_all({1, 8, 8}));
  config.fixed = {"mlp", "lenet"};
  EXPECT_EQ(hardest_learners(config, Key(1)), config.fixed);
}

TEST(Population, is_described_on_one_line) {
  EXPECT_EQ(describe_population({.fixed = {"mlp", "# mine\nflatten  # all\n  linear(classes)\n"}}),
            "mlp|flatten linear(classes)");
  EXPECT_EQ(describe_population({.fixed = std::vector<std::string>(12, "a")}), "a|a|a|a|a|a|a|a|a|a and 2 more");
}

}  // namespace
}  // namespace gtn
