// gtn trials, on stores that the library made.
#include <gmock/gmock.h>

#include "gtn/core/json.h"
#include "gtn/runs/run_directory.h"
#include "gtn/runs/trial_store.h"
#include "tests/cli/program.h"
#include "tests/core/temporary_folder.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kCell = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|skip_connect~2|";

// Six trials: done at the second attempt, diverged, failed, done, running, waiting.
class Trials : public testing::Test {
 protected:
  void SetUp() override {
    RunDirectory::create(run_, "");
    const auto store = open_trial_store(run_ / "trials.sqlite", StoreAccess::create);
    std::vector<TrialPlan> plans;
    for (int64_t i = 0; i < 6; ++i) plans.push_back({i < 4 ? "estimate" : "truth", kCell, 16 + i, ~uint64_t{0}, "{}"});
    plans[3].detail = R"({"note":"a, \"b\""})";
    store->plan(plans);
    store->fail(store->claim()->id, "first\ntry", 1);
    store->retry_failed();
    for (int i = 0; i < 5; ++i) store->claim();
    store->finish(1, {0.625, R"({"curve":[0.1,0.625]})", 2.25});
    store->finish(2, {NAN});
    store->fail(3, "no memory, \"again\"\n\033[2J", 0.5);
    store->finish(4, {0.75});
  }

  CommandResult trials(const std::string& arguments) const { return run_program("trials " + arguments); }
  std::vector<int64_t> listed(const std::string& flags) const {
    std::vector<int64_t> ids;
    for (const Json& trial : Json::parse(trials("list --json " + flags + " " + run_.string()).output))
      ids.push_back(trial.at("id"));
    return ids;
  }

  const TemporaryFolder folder_;
  const fs::path run_ = folder_ / "run";
};

TEST_F(Trials, are_listed_in_a_table) {
  std::string expected =
      "id  stage     state     score  steps  attempts  seconds  genotype                                   fault\n" +
      std::string(123, '-') + "\n";
  const std::pair<const char*, const char*> rows[] = {
      {" 1  estimate  done     0.6250     16         2      2.2  ", ""},
      {" 2  estimate  done        nan     17         1      0.0  ", ""},
      {" 3  estimate  failed        -     18         1      0.5  ", "  no memory, \"again\"  [2J"},
      {" 4  estimate  done     0.7500     19         1      0.0  ", ""},
      {" 5  truth     running       -     20         1      0.0  ", ""},
      {" 6  truth     waiting       -     21         0      0.0  ", ""}};
  for (const auto& [left, fault] : rows)
    expected.append(left).append("|nor_conv_3x3~0|+|none~0|skip_connect~1|…").append(fault).append("\n");
  expected += "\n6 of 6 trials: 1 waiting, 1 running, 3 done, 1 failed\n";
  const CommandResult outcome = trials("list " + run_.string());
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.output, expected);
}

TEST_F(Trials, are_chosen_and_ordered) {
  EXPECT_THAT(listed("--best --limit 5"), testing::ElementsAre(4, 1, 2, 3, 5));
  EXPECT_THAT(listed("--state done --stage estimate"), testing::ElementsAre(1, 2, 4));
}

TEST_F(Trials, one_is_shown_whole) {
  const CommandResult shown = trials("show " + run_.string() + " 1");
  ASSERT_EQ(shown.code, 0) << shown.output;
  EXPECT_THAT(shown.output, AllOf(HasSubstr("genotype  " + kCell + "\n"), HasSubstr("seed      18446744073709551615\n"),
                                  HasSubstr("seconds   2.250\n"), HasSubstr("0.625\n ]"), Not(HasSubstr("fault"))));
  const Json json = Json::parse(trials("show --json " + (run_ / "trials.sqlite").string() + " 3").output);
  EXPECT_EQ(json.at("seed"), ~uint64_t{0});
  EXPECT_EQ(json.at("fault"), "no memory, \"again\"\n\033[2J");
  EXPECT_TRUE(json.at("score").is_null());
}

TEST_F(Trials, are_exported_for_other_programs) {
  const CommandResult csv = trials("export " + run_.string());
  ASSERT_EQ(csv.code, 0) << csv.output;
  EXPECT_THAT(
      csv.output,
      AllOf(testing::StartsWith("id,stage,state,score,steps,seed,attempts,seconds,genotype,fault,detail,result\r\n"
                                "1,estimate,done,0.625,16,18446744073709551615,2,2.25," +
                                kCell + ",,{},\"{\"\"curve\"\":[0.1,0.625]}\"\r\n"),
            HasSubstr(kCell + ",\"no memory, \"\"again\"\"\n\033[2J\",{},{}\r\n"),
            HasSubstr(R"("{""note"":""a, \""b\""""}",{})"), HasSubstr("\r\n6,truth,waiting,,21,")));
  const std::string out = (folder_ / "trials.json").string();
  EXPECT_EQ(trials("export " + run_.string() + " --json --out " + out).output, out + "\n");
  const Json json = Json::parse(read_file(out));
  ASSERT_EQ(json.size(), 6u);
  EXPECT_EQ(json[0].at("result").at("curve")[1], 0.625);
}

TEST_F(Trials, mistakes_are_named) {
  const auto expect = [&](const std::string& arguments, int code, const std::string& part) {
    const CommandResult outcome = trials(arguments);
    EXPECT_EQ(outcome.code, code) << arguments << "\n" << outcome.output;
    EXPECT_THAT(outcome.output, HasSubstr(part)) << arguments;
  };
  expect("lst " + run_.string(), 2, "unknown verb 'lst', did you mean 'list'?; see gtn trials --help");
  expect("list --stage estimat " + run_.string(), 2,
         "--stage estimat: no trial is of this stage, did you mean 'estimate'?");
  expect("show " + run_.string() + " 7", 2, "has no trial 7; it holds 6, counted from 1");
  expect("export --csv --json " + run_.string(), 2, "excludes");
  RunDirectory::create(folder_ / "training", "");
  expect("list " + (folder_ / "training").string(), 2, "this run has no trials");
}

}  // namespace
}  // namespace gtn
