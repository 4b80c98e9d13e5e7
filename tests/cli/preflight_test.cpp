#include <gmock/gmock.h>

#include "gtn/core/json.h"
#include "gtn/preflight/check.h"
#include "tests/cli/program.h"

namespace gtn {
namespace {

using testing::HasSubstr;
using testing::Not;

class PreflightVerb : public testing::Test {
 protected:
  void SetUp() override {
    write_tiny_dataset(folder_.path());
    write_file_atomic(folder_ / "tiny.toml",
                      "real_batch = 30\n[teacher]\nsteps = 2\nbatch = 9\n[teacher.generator]\nnoise = 4\nhidden = 16\n"
                      "wide = 4\nnarrow = 4\n[outer]\niterations = 1\n[population]\nfixed = [\"flatten linear(16) relu "
                      "linear(classes)\"]\n[validation]\nevery = 0\n");
  }
  std::string data() const { return folder_.path().string(); }
  std::string config() const { return " --threads 1 --config " + (folder_ / "tiny.toml").string() + " "; }

  // Every third training image turns black.
  void blacken() const {
    Tensor images = Key(300).uniform({300, 8, 8}, 0, 220);
    for (int64_t i = 0; i < 300; i += 3) images[i].zero_();
    write_file_atomic(folder_ / "train-images-idx3-ubyte", idx_bytes(images));
  }

  TemporaryFolder folder_;
};

TEST_F(PreflightVerb, says_of_every_check_what_it_found) {
  const CommandResult outcome = run_program("preflight " + data() + config() + "--steps 30 --json");
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  const Json json = Json::parse(outcome.output);
  EXPECT_EQ(json.at("dataset"), data());
  EXPECT_EQ(json.at("learner"), "flatten linear(16) relu linear(classes)");
  EXPECT_EQ(json.at("failed"), 0);
  const Json& checks = json.at("checks");
  ASSERT_EQ(checks.size(), all_checks().size());
  EXPECT_EQ(json.at("passed").get<size_t>() + json.at("warned").get<size_t>(), checks.size());
  for (size_t i = 0; i < checks.size(); ++i) {
    EXPECT_EQ(checks[i].at("name"), all_checks()[i].name);
    EXPECT_EQ(checks[i].at("advice").get<std::string>().empty(), checks[i].at("verdict") == "pass");
    EXPECT_FALSE(checks[i].at("figure").get<std::string>().empty());
    EXPECT_TRUE(checks[i].contains("value") && checks[i].contains("seconds"));
  }
  EXPECT_GT(checks.back().at("value").get<double>(), 0.0) << "seconds of the run in plan";
  EXPECT_THAT(checks.back().at("figure"), HasSubstr(" MiB of "));
}

TEST_F(PreflightVerb, fails_with_advice_and_a_run_only_warns) {
  blacken();
  const CommandResult outcome = run_program("preflight --instant " + data() + " --learner mlp --threads 1");
  EXPECT_EQ(outcome.code, 1);
  for (const char* part : {"learner: flatten linear(128) relu", "constant images       fail",
                           "what to do:\n- constant images: ", "take such images out", " 3 failed in "})
    EXPECT_THAT(outcome.output, HasSubstr(part));
  EXPECT_THAT(outcome.output, Not(HasSubstr("shuffled labels"))) << "which takes a training";

  const CommandResult trained =
      run_program("train" + config() + "--set dataset='" + data() + "' --out " + (folder_ / "run").string());
  EXPECT_EQ(trained.code, 0) << trained.output;
  EXPECT_THAT(trained.output, HasSubstr("gtn: warning: constant images: "));
}

TEST_F(PreflightVerb, asks_for_something_to_look_at) {
  const CommandResult outcome = run_program("preflight");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.output, HasSubstr("preflight: give the data to look at, such as mnist or a folder, or --config"));
  write_file_atomic(folder_ / "config.toml", "");
  const CommandResult run = run_program("preflight " + data());
  EXPECT_EQ(run.code, 2);
  EXPECT_THAT(run.output, HasSubstr("is a run, not data; its plan is " + (folder_ / "config.toml").string()));
}

}  // namespace
}  // namespace gtn
