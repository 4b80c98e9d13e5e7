#include "gtn/core/config.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <cmath>
#include <filesystem>

#include "gtn/core/file.h"
#include "gtn/core/nearest.h"
#include "tests/core/expect_error.h"
#include "tests/core/sample_config.h"

namespace gtn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

void expect_usage(const std::string& text, const std::vector<std::string>& parts) {
  SampleConfig config;
  expect_error([&] { read_toml(config, text, "a.toml"); }, ErrorKind::usage, parts);
  EXPECT_EQ(config, SampleConfig{}) << "a refused text must leave the config as it was";
}

SampleConfig read(const std::string& text) {
  SampleConfig config;
  read_toml(config, text, "a.toml");
  return config;
}

SampleConfig with(const std::vector<std::string>& settings) {
  SampleConfig config;
  apply_settings(config, settings);
  return config;
}

void expect_setting_error(const std::vector<std::string>& settings, const std::vector<std::string>& parts) {
  expect_error([&] { with(settings); }, ErrorKind::usage, parts);
}

TEST(Config, absent_fields_keep_their_values) {
  const SampleConfig config = read("verbose = true\n[unroll]\nsteps = 32\ninner.width = 8\n");
  SampleConfig wanted;
  wanted.verbose = true;
  wanted.unroll.steps = 32;
  wanted.unroll.inner.width = 8;
  EXPECT_EQ(config, wanted);
}

TEST(Config, an_integer_is_a_number_but_a_number_is_no_integer) {
  EXPECT_EQ(read("outer_lr = 2").outer_lr, 2.0);
  expect_usage("unroll.steps = 2.0", {"a.toml: line 1: 'unroll.steps' must be an integer, not 2"});
}

TEST(Config, every_fault_is_told_at_once_in_the_order_of_the_text) {
  expect_usage(
      "verbose = 1\nunrol.steps = 3\nname = 5\nlabels = 'soft'\nouter_lr = -1\nlearners = ['a', 2]\nsizes = [3, 0]\n",
      {"a.toml: 7 faults",
       "\n  - line 1: 'verbose' must be true or false, not 1"
       "\n  - line 2: unknown key 'unrol.steps', did you mean 'unroll.steps'?"
       "\n  - line 3: 'name' must be a text in quotes, not 5"
       "\n  - line 4: 'labels' must be one of onehot, learned, not \"soft\""
       "\n  - line 5: 'outer_lr' must be at least 0, not -1"
       "\n  - line 6: 'learners' must be a list of texts such as [\"a\", \"b\"], not a list"
       "\n  - line 7: 'sizes' must be at least 1, not 0"});
}

TEST(Config, ranges_say_what_is_allowed) {
  expect_usage("unroll.inner.width = 0", {"'unroll.inner.width' must be above 0, not 0"});
  expect_usage("unroll.inner.slope = 1.5", {"'unroll.inner.slope' must be between 0 and 1, not 1.5"});
  EXPECT_EQ(read("unroll.inner.slope = 1").unroll.inner.slope, 1.0);
  EXPECT_EQ(read("unroll.inner.slope = 0").unroll.inner.slope, 0.0);
  expect_usage("outer_lr = nan", {"'outer_lr' must be finite, not nan"});
  expect_usage("outer_lr = inf", {"'outer_lr' must be finite, not inf"});
}

TEST(Config, a_key_in_the_wrong_table_finds_its_place) {
  expect_usage("slope = 0.5", {"did you mean 'unroll.inner.slope'?"});
  expect_usage("[unrol]", {"unknown key 'unrol', did you mean 'unroll'?"});
  expect_usage("\"unroll.steps\" = 3", {"unknown key '\"unroll.steps\"', did you mean 'unroll.steps'?"});
  expect_usage("wholly_different_thing = 0.5", {"unknown key 'wholly_different_thing'; --help lists every key"});
}

TEST(Config, tables_and_values_do_not_mix) {
  expect_usage("unroll = 3", {"'unroll' must be a table, not 3"});
  expect_usage("[name]\nx = 1", {"'name' must be a text in quotes, not a table"});
  expect_usage("[[unroll]]\nsteps = 1", {"'unroll' must be a table, not a list"});
  expect_usage("name = 2020-01-01", {"not a date or time"});
}

TEST(Config, a_syntax_error_has_line_and_column) {
  expect_usage("verbose = true\nname = \"open\n", {"a.toml: line 2, column 13"});
  expect_usage("verbose = \xff", {"a.toml: line 1, column 10"});
  expect_usage("verbose = true\nverbose = false\n", {"a.toml: line 2, column 1", "verbose"});
}

TEST(Config, hostile_text_is_refused_and_never_printed_raw) {
  std::string dotted = "a";
  for (int i = 0; i < 100000; ++i) dotted += ".a";
  expect_usage(dotted + " = 1", {"more than 4096 dots"});
  dotted.resize(2 * 4096 + 1);
  expect_usage(dotted + " = 1", {"unknown key 'a.a.a."});
  expect_usage(std::string(1000, 'b') + " = 1", {"unknown key '" + std::string(100, 'b') + "...'; --help"});
  expect_usage("sizes = " + std::string(100000, '['), {"depth"});
  expect_usage(std::string(size_t{1} << 20, ' ') + " ", {"larger than 1 MiB"});
  expect_usage("\"\\u001b[31m\" = 1", {"unknown key '?[31m'"});
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "z" + std::to_string(i) + " = 1\n";
  expect_usage(many, {"31 faults", "line 30: ", "and 970 more"});
}

TEST(Config, a_file_is_read_by_its_path) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "gtn_config_test";
  make_folder(folder);
  write_file_atomic(folder / "good.toml", "unroll.steps = 3\n");
  write_file_atomic(folder / "bad.toml", "unroll.step = 3\n");
  write_file_atomic(folder / "big.toml", std::string((size_t{1} << 20) + 1, ' '));
  SampleConfig config;
  load_toml(config, folder / "good.toml");
  EXPECT_EQ(config.unroll.steps, 3);
  expect_error([&] { load_toml(config, folder / "bad.toml"); }, ErrorKind::usage,
               {"bad.toml: line 1", "'unroll.steps'"});
  expect_error([&] { load_toml(config, folder / "big.toml"); }, ErrorKind::failure, {"big.toml", "1048577 bytes"});
  expect_error([&] { load_toml(config, folder / "none.toml"); }, ErrorKind::failure, {"none.toml", "cannot be opened"});
  std::filesystem::remove_all(folder);
}

TEST(Config, settings_go_from_left_to_right_and_texts_need_no_quotes) {
  const SampleConfig config = with({"unroll.steps=1", "unroll.steps = 32", "name=a b.c=d", "labels=learned",
                                    "learners=[\"x\"]", "outer_lr=1e-3", "unroll.inner={width = 2, slope = 1}"});
  EXPECT_EQ(config.unroll.steps, 32);
  EXPECT_EQ(config.name, "a b.c=d");
  EXPECT_EQ(config.labels, Labels::learned);
  EXPECT_THAT(config.learners, ElementsAre("x"));
  EXPECT_EQ(config.outer_lr, 1e-3);
  EXPECT_EQ(config.unroll.inner, (SampleInner{.width = 2, .slope = 1.0}));
  EXPECT_EQ(with({"name=\"quo\\\"ted\""}).name, "quo\"ted");
  EXPECT_EQ(with({"name=''"}).name, "");
  EXPECT_EQ(with({"name=17"}).name, "17");
}

TEST(Config, faults_of_settings_are_told_at_once) {
  expect_setting_error(
      {"unroll.stepz=3", "verbose=yes", "outer_lr=-1", "labels=soft", "name", "sizes=3,5", "unroll=x"},
      {"--set: 7 faults", "\n  - unknown key 'unroll.stepz', did you mean 'unroll.steps'?",
       "\n  - 'verbose' must be true or false, not yes", "\n  - 'outer_lr' must be at least 0, not -1",
       "\n  - 'labels' must be one of onehot, learned, not \"soft\"", "\n  - 'name' has no value; write name=VALUE",
       "\n  - 'sizes' must be a list of integers such as [1, 2], not 3,5",
       "\n  - 'unroll' must be a table such as {key = value}, not x"});
  expect_setting_error({"verbose=true\nname='x'"}, {"'verbose' must be true or false, not true?name='x'"});
  expect_setting_error({"name=\xff"}, {"'name' must be"});
  expect_setting_error({"=3"}, {"unknown key ''"});
}

TEST(Config, toml_text_shows_values_meanings_and_what_is_allowed) {
  EXPECT_EQ(to_toml(SampleConfig{}),
            "name = \"first\"               # what to call it\n"
            "verbose = false              # say more\n"
            "outer_lr = 0.01              # step size of the outer Adam (at least 0)\n"
            "labels = \"onehot\"            # what a learner is told (onehot | learned)\n"
            "learners = [\"mlp\", \"lenet\"]  # the population\n"
            "sizes = [3, 5]               # kernel sizes (at least 1)\n"
            "\n[unroll]  # the inner loop\n"
            "steps = 16  # inner SGD steps (at least 1)\n"
            "\n[unroll.inner]  # the network inside\n"
            "width = 64   # filters of the first layer (above 0)\n"
            "slope = 0.1  # slope of the leaky ReLU (between 0 and 1)\n");
}

TEST(Config, description_lists_every_key_with_its_default) {
  const std::string text = describe<SampleConfig>();
  EXPECT_THAT(text, HasSubstr("  key                 default           meaning\n"));
  EXPECT_THAT(text, HasSubstr("  unroll.inner.width  64                filters of the first layer (above 0)\n"));
  EXPECT_THAT(text, HasSubstr("  labels              \"onehot\"          what a learner is told (onehot | learned)\n"));
}

TEST(Config, hash_names_the_values_and_nothing_else) {
  const std::string hash = config_hash(SampleConfig{});
  EXPECT_EQ(hash, "c1e5d91c7efb3d44");  // kept in checkpoints: it must not move from one version to the next
  EXPECT_EQ(config_hash(read("# a comment\n" + to_toml(SampleConfig{}) + "# another\n")), hash);
  EXPECT_NE(config_hash(with({"unroll.inner.slope=0.2"})), hash);
  EXPECT_EQ(hash.find_first_not_of("0123456789abcdef"), std::string::npos);
}

TEST(Config, differences_say_what_is_here_and_there) {
  EXPECT_THAT(differences(SampleConfig{}, SampleConfig{}), ElementsAre());
  EXPECT_THAT(differences(SampleConfig{}, with({"unroll.steps=32", "name=b"})),
              ElementsAre("name: \"first\" here, \"b\" there", "unroll.steps: 16 here, 32 there"));
}

struct Twice {
  int64_t a = 1;
  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("a", self.a, "once");
    field("a", self.a, "twice");
  }
};

TEST(Config, a_key_listed_twice_is_a_fault_of_the_program) { EXPECT_THROW(to_toml(Twice{}), std::logic_error); }

TEST(Nearest, takes_the_fewest_edits_and_nothing_far) {
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3);
  EXPECT_EQ(edit_distance("mpl", "mlp"), 1);
  EXPECT_EQ(edit_distance("ca", "abc"), 3) << "by exchanging what was exchanged it would be two";
  EXPECT_EQ(edit_distance("", "abc"), 3);
  EXPECT_EQ(nearest("lennet", {"lent", "lenet", "mlp"}), "lenet");
  EXPECT_EQ(nearest("zzzzzz", {"lent", "lenet", "mlp"}), "");
  EXPECT_EQ(nearest("width", {"steps", "generator.width"}), "generator.width");
  EXPECT_EQ(nearest("ab", {"x"}), "");
  EXPECT_EQ(nearest(std::string(1000, 'a'), {"a"}), "");
}

std::string any_text() {
  static const std::vector<std::string> parts = {"a", "\"", "\\", "\n", "\t",   "#",  "'",
                                                 "=", "ä",  "日", " ",  "\x7f", "\r", "]"};
  std::string text;
  for (const std::string& part : *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(parts))) text += part;
  return text;
}

double any_finite(double low, double high) {
  const double value = std::bit_cast<double>(*rc::gen::arbitrary<uint64_t>());
  return std::isfinite(value) && value >= low && value <= high ? value : low;
}

SampleConfig any_config() {
  SampleConfig config;
  config.name = any_text();
  config.verbose = *rc::gen::arbitrary<bool>();
  config.outer_lr = any_finite(0.0, INFINITY);
  config.labels = *rc::gen::element(Labels::onehot, Labels::learned);
  config.learners = {any_text(), any_text()};
  config.sizes = *rc::gen::container<std::vector<int64_t>>(rc::gen::positive<int64_t>());
  config.unroll.steps = *rc::gen::positive<int64_t>();
  config.unroll.inner.width = *rc::gen::positive<int64_t>();
  config.unroll.inner.slope = any_finite(0.0, 1.0);
  return config;
}

RC_GTEST_PROP(ConfigProperty, text_gives_the_same_config_back, ()) {
  const SampleConfig config = any_config();
  RC_ASSERT(read(to_toml(config)) == config);
  RC_ASSERT(config_hash(read(to_toml(config))) == config_hash(config));
}

RC_GTEST_PROP(ConfigProperty, mutated_text_is_read_or_refused, ()) {
  std::string text = to_toml(any_config());
  const int mutations = *rc::gen::inRange(1, 8);
  for (int i = 0; i < mutations; ++i) {
    const auto at = *rc::gen::inRange<size_t>(0, text.size());
    const char byte = *rc::gen::oneOf(rc::gen::arbitrary<char>(), rc::gen::elementOf(std::string("[]{}.=\"'#\n,-0e")));
    if (*rc::gen::arbitrary<bool>()) {
      text[at] = byte;
    } else {
      text.insert(at, 1 + at % 3, byte);
    }
  }
  SampleConfig config;
  try {
    read_toml(config, text, "mutated");
    RC_ASSERT(read(to_toml(config)) == config);
  } catch (const Error& error) {
    RC_ASSERT(error.kind() == ErrorKind::usage);
    RC_ASSERT(config == SampleConfig{});
  }
}

}  // namespace
}  // namespace gtn
