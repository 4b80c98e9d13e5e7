// gtn study as a person runs it.
#include <set>

#include "gtn/core/json.h"
#include "tests/cli/search_fixture.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

TEST_F(Search, study_measures_and_shows_a_table) {
  const std::string request = "study --teacher " + path("teacher") + " --set space=" + path("narrow.toml") +
                              " --set architectures=8 --set real_steps=8 --set truth.steps=40 --set truth.batch=16 "
                              "--set estimate.images=30 --json --out " +
                              path("study");
  const CommandResult measured = run_program(request);
  ASSERT_EQ(measured.code, 0) << measured.output;
  const Json space = Json::parse(measured.output)["spaces"][0];
  EXPECT_EQ(space["architectures"], 8);
  EXPECT_TRUE(space.contains("speedup_steps"));
  int64_t teacher = 0, real = 0;
  for (const Json& row : space["estimators"]) {
    teacher += row["name"] == "teacher";
    real += row["name"] == "real";
    for (const char* key : {"steps", "images", "seconds", "spearman", "spearman_low", "spearman_high", "kendall",
                            "top_half_spearman", "regret_at_5"})
      EXPECT_TRUE(row.contains(key)) << key;
    EXPECT_EQ(row["images"], 6 * row["steps_with_tuning"].get<double>()) << "batches of six";
  }
  EXPECT_EQ(teacher, 4);  // 1, 2, 4, 6 steps
  EXPECT_EQ(real, 4);     // 1, 2, 4, 8
  const CommandResult shown = run_program("study --json " + path("study/table.json"));
  EXPECT_EQ(shown.output, measured.output);
  EXPECT_THAT(run_program("study " + path("study")).output, HasSubstr("real data needs"));
  // Another takes its truths over, and goes on where neither that table nor the space is where it was.
  write_file_atomic(at("moved.toml"), read_file(at("narrow.toml")));
  Json truths = Json::parse(read_file(at("study") / "table.json"));
  truths["space"] = path("moved.toml");
  write_file_atomic(at("truths.json"), truths.dump());
  const std::string second = "study --json --teacher " + path("teacher") + " --set space=" + path("moved.toml") +
                             " --set truths=" + path("truths.json") + " --set estimate.images=30 --out " +
                             path("second") + " --set 'estimators=[\"params\", ";
  EXPECT_THAT(run_program(second + "\"params\"]'").output, HasSubstr("estimators: 'params' stands there twice"));
  const CommandResult taken = run_program(second + "\"real_schedule\", \"warm_start\"]'");
  ASSERT_EQ(taken.code, 0) << taken.output;
  EXPECT_THAT(taken.output, HasSubstr("\"real_schedule\""));
  for (const char* name : {"moved.toml", "truths.json"}) fs::remove(at(name));
  EXPECT_EQ(run_program("study --json --resume " + path("second")).output, taken.output);
  EXPECT_EQ(Json::parse(taken.output)["spaces"][0]["truth_steps"], space["truth_steps"]);
  // Another goes on where it ended: eight of the same thirteen that one study draws at once.
  const std::string add =
      " --set architectures=13 --set real_steps=8 --set truth.batch=16 --set estimate.images=30 "
      "--set extends=" +
      path("study/table.json") + " --out " + path("longer");
  const std::string again = "study --json --teacher " + path("teacher") + " --set space=" + path("narrow.toml") + add;
  const CommandResult other = run_program(again + " --set truth.steps=41");
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.output, HasSubstr("cannot be joined: the steps of the truth"));
  const CommandResult longer = run_program(again + " --set truth.steps=40");
  ASSERT_EQ(longer.code, 0) << longer.output;
  const Json grown = Json::parse(longer.output)["spaces"][0];
  EXPECT_EQ(grown["architectures"], 13);
  ASSERT_EQ(grown["combinations"].size(), 6)
      << "with the teacher, real data, and neither; equal weights, and ten truths";
  EXPECT_EQ(grown["combinations"][0]["known"], 0);
  EXPECT_EQ(grown["combinations"][1]["known"], 10);
  const Json eight = Json::parse(read_file(at("study") / "table.json")),
             thirteen = Json::parse(read_file(at("longer") / "table.json"));
  for (size_t i = 0; i < 8; ++i) EXPECT_EQ(thirteen["genotypes"][i], eight["genotypes"][i]);
  EXPECT_EQ(thirteen["estimators"][0]["scores"].back()[7], eight["estimators"][0]["scores"].back()[7]);
  EXPECT_EQ(run_program("study").code, 2);
  write_file_atomic(at("no.json"), "{\"space\": 3}");
  EXPECT_EQ(run_program("study " + path("no.json")).code, 1);
}

// The study's trials once more, but the truth of the first architecture and the teacher's estimate of the second fail.
void let_two_fail(const fs::path& run) {
  const std::vector<Trial> trials = open_trial_store(run / kTrialFile, StoreAccess::read)->trials();
  for (const char* more : {"", "-wal", "-shm"}) fs::remove(run / (std::string(kTrialFile) + more));
  const auto store = open_trial_store(run / kTrialFile, StoreAccess::create);
  std::vector<TrialPlan> plans;
  for (const Trial& trial : trials) plans.push_back(trial.plan);
  store->plan(plans);
  std::set<std::string> genotypes;
  for (const Trial& trial : trials) {
    const Trial claimed = *store->claim();
    genotypes.insert(claimed.plan.genotype);
    const bool fails = claimed.plan.genotype == trials.front().plan.genotype
                           ? claimed.plan.stage == "truth"
                           : genotypes.size() == 2 && claimed.plan.stage == "teacher";
    if (fails)
      store->fail(claimed.id, "no memory", 1);
    else
      store->finish(claimed.id, {trial.score, trial.result, trial.seconds});
  }
}

// What `gtn study --json` says of the only space.
Json space_of(const std::string& arguments) {
  const CommandResult outcome = run_program("study --json " + arguments);
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  return outcome.code == 0 ? Json::parse(outcome.output)["spaces"][0] : Json::object();
}

TEST_F(Search, study_leaves_out_what_has_no_truth_and_says_what_failed) {
  const Json before = space_of("--teacher " + path("teacher") + " --set space=" + path("narrow.toml") +
                               " --set architectures=5 --set real_steps=8 --set truth.steps=4 --set truth.batch=16 "
                               "--set estimate.images=30 --set 'estimators=[\"teacher\", \"params\"]' --out " +
                               path("failing"));
  EXPECT_EQ(before["failed"], 0);
  let_two_fail(at("failing"));
  const Json after = space_of(path("failing"));
  EXPECT_EQ(after["architectures"], 4);
  EXPECT_EQ(after["failed"], 2);
  for (size_t row = 0; row < after["estimators"].size(); ++row)
    EXPECT_NEAR(after["estimators"][row]["steps_with_tuning"].get<double>(),
                before["estimators"][row]["steps_with_tuning"].get<double>(), 1e-9)
        << "of those that were judged";
  EXPECT_THAT(run_program("study " + path("failing")).output, HasSubstr("2 trials failed"));
  EXPECT_EQ(run_program("study --retry-failed --teacher " + path("teacher") + " --out " + path("refused")).code, 2);
  const Json mended = space_of("--retry-failed --resume " + path("failing"));
  EXPECT_EQ(mended["architectures"], 5);
  EXPECT_EQ(mended["failed"], 0);
  for (size_t row = 0; row < mended["estimators"].size(); ++row)
    EXPECT_EQ(mended["estimators"][row]["spearman"], before["estimators"][row]["spearman"]);
}

}  // namespace
}  // namespace gtn
