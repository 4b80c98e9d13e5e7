// gtn search and gtn study as a person runs them, with a teacher that takes a second to learn.
#include <gmock/gmock.h>

#include "gtn/core/json.h"
#include "gtn/runs/trial_store.h"
#include "tests/cli/program.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kSpace = R"toml(
learner = "conv({width}, k={kernel}) {text} relu {pool} flatten linear(classes)"
[choices]
width = [2, 4, 8, 5000]
kernel = [1, 3]
norm = [{norm = "none", text = ""}, {norm = "batch", text = "norm(batch)"}]
pool = ["maxpool(2)", "avgpool(2)"]
)toml";

class Search : public testing::Test {
 protected:
  void SetUp() override {
    write_tiny_dataset(folder_.path());
    write_file_atomic(at("space.toml"), kSpace);
    write_file_atomic(at("tiny.toml"), "dataset = \"" + folder_.path().string() +
                                           "\"\nreal_batch = 30\n[teacher]\nsteps = 6\nbatch = 6\nlr = 0.1\n"
                                           "images = \"pixels\"\n[outer]\niterations = 8\n[population]\n"
                                           "fixed = [\"conv(4) relu avgpool(2) flatten linear(classes)\"]\n"
                                           "[validation]\nevery = 0\n");
    ASSERT_EQ(run_program("train --threads 1 --config " + path("tiny.toml") + " --out " + path("teacher")).code, 0);
  }

  fs::path at(const std::string& name) const { return folder_.path() / name; }
  std::string path(const std::string& name) const { return at(name).string(); }

  std::string request(const std::string& out, const std::string& more) const {
    return "search " + path("teacher") + " --set space=" + path("space.toml") +
           " --set candidates=14 --set round=4 --set strategy.population=5 --set strategy.sample=3 --set final.best=2 "
           "--set final.steps=40 --set final.batch=16 --set estimate.images=30 --out " +
           path(out) + " " + more;
  }

  // What a run's trials are, without the seconds they took.
  std::string trials(const std::string& run) const {
    std::string text;
    for (const Trial& trial : open_trial_store(at(run) / kTrialFile, StoreAccess::read)->trials())
      text += trial.plan.stage + " " + trial.plan.genotype + " " + std::to_string(trial.plan.seed) + " " +
              (trial.score ? std::to_string(*trial.score) : trial.fault) + "\n";
    return text;
  }

  int64_t ended(const std::string& run) const {
    try {
      const auto store = open_trial_store(at(run) / kTrialFile, StoreAccess::read);
      return store->count(TrialState::done) + store->count(TrialState::failed);
    } catch (const std::exception&) {
      return 0;  // there is none yet
    }
  }

  TemporaryFolder folder_;
};

TEST_F(Search, ranks_candidates_and_trains_the_best) {
  const Outcome outcome =
      run_program(request("run", "--threads 2 --set calibration=4 --set limits.parameters=10000 --json"));
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  const Json json = Json::parse(outcome.output);
  EXPECT_EQ(json["ranking"].size() + json["failed"].size(), 14);
  for (size_t i = 1; i < json["ranking"].size(); ++i)
    EXPECT_GE(json["ranking"][i - 1]["score"], json["ranking"][i]["score"]);
  // The widest networks are not tried, and say why.
  ASSERT_FALSE(json["failed"].empty());
  for (const Json& failed : json["failed"])
    EXPECT_THAT(failed["fault"].get<std::string>(), HasSubstr("parameters are more than 10000"));
  EXPECT_EQ(json["finals"].size(), 2);
  EXPECT_GT(json["winner"]["test"], 60);
  EXPECT_EQ(json["calibration"]["candidates"], 4);
  EXPECT_EQ(read_file(at("run") / "winner.txt"), json["winner"]["learner"].get<std::string>() + "\n");
  for (const char* file : {"winner.safetensors", "winner.dot", "result.json", "DONE"})
    EXPECT_TRUE(fs::exists(at("run") / file)) << file;
  EXPECT_EQ(
      run_program("evaluate " + path("teacher") + " --controls none --seeds 1 --learner " + path("run/winner.txt"))
          .code,
      0);
  // Asked again it says the same, and does not read the test split again.
  EXPECT_EQ(Json::parse(run_program("search --json --resume " + path("run")).output), json);
}

TEST_F(Search, killed_at_any_moment_goes_on_to_the_same_trials) {
  const std::string more = "--set limits.parameters=10000 --set final.steps=300 --threads ";
  ASSERT_EQ(run_program(request("whole", more + "1")).code, 0);
  std::string arguments = request("killed", more + "2");
  for (const int64_t count : {1, 4, 6, 11, 14}) {  // of 16, finals included
    const int status = start_and_signal(
        arguments, [&] { return ended("killed") >= count; }, SIGKILL);
    EXPECT_TRUE(WIFSIGNALED(status)) << count;
    arguments = "search --resume " + path("killed");
  }
  const Outcome last = run_program(arguments);
  ASSERT_EQ(last.code, 0) << last.output;
  EXPECT_EQ(trials("killed"), trials("whole"));
}

TEST_F(Search, other_strategies_search) {
  for (const char* kind : {"halving", "nsga2"}) {
    const Outcome outcome = run_program(request(kind,
                                                "--set candidates=9 --set final.best=1 --set strategy.min_steps=2 "
                                                "--set strategy.initial=3 --set strategy.pool=10 "
                                                "--set limits.parameters=10000 --set strategy.kind=") +
                                        kind);
    EXPECT_EQ(outcome.code, 0) << kind << ": " << outcome.output;
    EXPECT_THAT(outcome.output, HasSubstr("winner: ")) << kind;
  }
}

TEST_F(Search, refuses_what_makes_no_sense) {
  const auto refused = [](const std::string& arguments, int code, const std::string& what) {
    const Outcome outcome = run_program(arguments);
    EXPECT_EQ(outcome.code, code) << arguments;
    EXPECT_THAT(outcome.output, HasSubstr(what)) << arguments;
  };
  refused("search", 2, "2 faults");
  refused("search " + path("nothing") + " --out " + path("run"), 1, "nothing");
  refused(request("run", "--set estimate.steps=7"), 2, "estimate.steps: 7 is more than the 6 steps");
  refused(request("run", "--set space=convnt"), 2, "did you mean 'convnet'");
  refused(request("run", "--set candidates=0"), 2, "candidates");
  refused(request("run", "--set strategy.kind=evolutoin"), 2, "evolution");
  refused(request("run", "--retry-failed"), 2, "--resume");
  refused("search --resume " + path("teacher"), 2, "");
  EXPECT_FALSE(fs::exists(at("run"))) << "a refused request leaves nothing behind";
}

TEST_F(Search, study_measures_and_shows_a_table) {
  const std::string request = "study --teacher " + path("teacher") + " --set space=" + path("space.toml") +
                              " --set architectures=8 --set real_steps=8 --set truth.steps=40 --set truth.batch=16 "
                              "--set estimate.images=30 --json --out " +
                              path("study");
  const Outcome measured = run_program(request);
  ASSERT_EQ(measured.code, 0) << measured.output;
  const Json space = Json::parse(measured.output)["spaces"][0];
  EXPECT_EQ(space["architectures"], 8);
  EXPECT_TRUE(space.contains("speedup_steps"));
  int64_t teacher = 0, real = 0;
  for (const Json& row : space["estimators"]) {
    teacher += row["name"] == "teacher";
    real += row["name"] == "real";
    for (const char* key : {"steps", "seconds", "spearman", "spearman_low", "spearman_high", "kendall",
                            "top_half_spearman", "regret_at_5"})
      EXPECT_TRUE(row.contains(key)) << key;
  }
  EXPECT_EQ(teacher, 4);  // 1, 2, 4, 6 steps
  EXPECT_EQ(real, 4);     // 1, 2, 4, 8
  const Outcome shown = run_program("study --json " + path("study/table.json"));
  EXPECT_EQ(shown.output, measured.output);
  EXPECT_THAT(run_program("study " + path("study")).output, HasSubstr("real data needs"));
  EXPECT_EQ(run_program("study").code, 2);
  write_file_atomic(at("no.json"), "{\"space\": 3}");
  EXPECT_EQ(run_program("study " + path("no.json")).code, 1);
}

}  // namespace
}  // namespace gtn
