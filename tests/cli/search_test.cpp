// gtn search and gtn study as a person runs them, with a teacher that takes a second to learn.
#include <gmock/gmock.h>

#include "gtn/core/archive.h"
#include "gtn/core/json.h"
#include "gtn/runs/run_directory.h"
#include "gtn/runs/trial_store.h"
#include "tests/cli/program.h"
#include "tests/core/full_disk.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kSpace = R"toml(
learner = "conv({width}, k={kernel}) {text} relu {pool} flatten linear(classes)"
[choices]
width = [2, 4, 8, 5000]
kernel = [1, 3]
norm = [{norm = "none", text = ""}, {norm = "batch", text = "norm(batch)"}]
pool = ["maxpool(2)", "avgpool(2)"]
)toml";

// One teacher serves all tests: none writes into its run, and each names runs of its own.
class Search : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryFolder>();
    write_tiny_dataset(folder_->path());
    write_file_atomic(at("space.toml"), kSpace);
    std::string narrow = kSpace;
    write_file_atomic(at("narrow.toml"), narrow.erase(narrow.find(", 5000"), 6));
    write_file_atomic(at("tiny.toml"), "dataset = \"" + folder_->path().string() +
                                           "\"\nreal_batch = 30\n[teacher]\nsteps = 6\nbatch = 6\nlr = 0.1\n"
                                           "images = \"pixels\"\n[outer]\niterations = 8\n[population]\n"
                                           "fixed = [\"conv(4) relu avgpool(2) flatten linear(classes)\"]\n"
                                           "[validation]\nevery = 0\n");
    train("teacher", "");
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static fs::path at(const std::string& name) { return folder_->path() / name; }
  static std::string path(const std::string& name) { return at(name).string(); }

  static void train(const std::string& out, const std::string& more) {
    const CommandResult outcome =
        run_program("train --threads 1 --config " + path("tiny.toml") + " --out " + path(out) + " " + more);
    ASSERT_EQ(outcome.code, 0) << outcome.output;
  }

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

  static inline std::unique_ptr<TemporaryFolder> folder_;
};

TEST_F(Search, ranks_candidates_and_trains_the_best) {
  const CommandResult outcome =
      run_program(request("run", "--threads 2 --set calibration=4 --set limits.parameters=10000 --json"));
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  const Json json = Json::parse(outcome.output);
  EXPECT_EQ(json["ranking"].size() + json["failed"].size(), 14);
  // The widest networks are not tried, and say why.
  ASSERT_FALSE(json["failed"].empty());
  for (const Json& failed : json["failed"])
    EXPECT_THAT(failed["fault"].get<std::string>(), HasSubstr("parameters are more than 10000"));
  EXPECT_EQ(json["trained"].size(), 2 + 4);
  EXPECT_EQ(json["winner"]["genotype"], json["trained"][0]["genotype"]);
  EXPECT_EQ(json["combination"].size(), 5);
  EXPECT_GT(json["winner"]["test"], 60);
  EXPECT_EQ(json["calibration"]["candidates"], 4);
  EXPECT_EQ(read_file(at("run") / "winner.txt"), json["winner"]["learner"].get<std::string>() + "\n");
  for (const char* file : {"winner.safetensors", "winner.dot", "result.json", "DONE"})
    EXPECT_TRUE(fs::exists(at("run") / file)) << file;
  EXPECT_EQ(
      run_program("evaluate " + path("teacher") + " --controls none --seeds 1 --learner " + path("run/winner.txt"))
          .code,
      0);
  // Of the two things that its folder holds, the one that was not asked for is named.
  const std::string exported = "export " + path("run") + " --out " + path("curriculum.npz");
  EXPECT_THAT(
      run_program(exported).output,
      AllOf(HasSubstr("curriculum.npz\n"), HasSubstr("the curriculum that candidates were scored on; the winner: "
                                                     "--format onnx or pytorch")));
  EXPECT_EQ(run_program(exported + " --format npz").output, path("curriculum.npz") + "\n");
  // Asked again it says the same, and does not read the test split again.
  EXPECT_EQ(Json::parse(run_program("search --json --resume " + path("run")).output), json);
}

TEST_F(Search, trains_the_first_of_its_ranking_that_were_not_trained_to_calibrate) {
  const std::string arguments = request("combined", "--set space=" + path("narrow.toml") + " --threads 2 --json");
  const CommandResult outcome = run_program(arguments);
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  const Json json = Json::parse(outcome.output);
  EXPECT_EQ(json["calibration"]["rankings"][0]["name"], "the combination");
  EXPECT_EQ(json["calibration"]["rankings"].size(), 4);
  EXPECT_EQ(json["combination"].size(), 5);
  ASSERT_EQ(json["trained"].size(), 10 + 2);
  // The first of the ranking that were not trained before are the finalists.
  std::set<std::string> truths, finals, expected;
  const auto store = open_trial_store(at("combined") / kTrialFile, StoreAccess::read);
  for (const Trial& trial : store->trials("truth")) truths.insert(trial.plan.genotype);
  for (const Trial& trial : store->trials("final")) finals.insert(trial.plan.genotype);
  for (const Json& candidate : json["ranking"])
    if (expected.size() < 2 && !truths.contains(candidate["genotype"])) expected.insert(candidate["genotype"]);
  EXPECT_EQ(finals, expected);
  for (const Json& candidate : json["ranking"])
    for (const char* proxy : {"synflow", "grad_norm"}) EXPECT_TRUE(candidate["cost"].contains(proxy)) << candidate;
  EXPECT_EQ(Json::parse(run_program("search --json --resume " + path("combined")).output), json);
}

TEST_F(Search, lies_beside_its_teacher_and_passes_over_the_images_so_often) {
  const CommandResult outcome =
      run_program("search " + path("teacher") + "/teacher.safetensors --json --set space=" + path("narrow.toml") +
                  " --set candidates=1 --set final.passes=2");
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_TRUE(fs::exists(at("teacher_search/DONE")));
  const auto store = open_trial_store(at("teacher_search") / kTrialFile, StoreAccess::read);
  ASSERT_EQ(store->trials("final").size(), 1u);
  EXPECT_LT(store->trials("final").front().plan.steps, 10) << "of 5,000, for some hundred images in batches of 128";
  EXPECT_EQ(run_program("search " + path("teacher")).code, 2) << "its folder is taken";
  fs::remove_all(at("teacher_search"));
}

TEST_F(Search, is_of_the_space_convnet_where_none_is_named) {
  const CommandResult outcome =
      run_program("search " + path("teacher") + " --set candidates=1 --set final.best=0 --out " + path("unnamed"));
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr(" of convnet, "));
  EXPECT_THAT(read_file(at("unnamed/config.toml")), HasSubstr("space = \"convnet\""));
}

TEST_F(Search, killed_at_any_moment_goes_on_to_the_same_trials) {
  // The files of the spaces are gone when it goes on.
  for (const char* name : {"gone.toml", "gone_too.toml"}) write_file_atomic(at(name), kSpace);
  const std::string more = "--set limits.parameters=10000 --set final.steps=300 --set space=" + path("gone.toml") +
                           " --set final.space=" + path("gone_too.toml") + " --threads ";
  ASSERT_EQ(run_program(request("whole", more + "1")).code, 0);
  std::string arguments = request("killed", more + "2");
  for (const int64_t count : {1, 6, 15, 24, 33}) {  // of 36: 14 scored, 10 trained and 10 scored on real data, 2 finals
    const int status = start_and_signal(
        arguments, [&] { return ended("killed") >= count; }, SIGKILL);
    EXPECT_TRUE(WIFSIGNALED(status)) << count;
    arguments = "search --resume " + path("killed");
    for (const char* name : {"gone.toml", "gone_too.toml"}) fs::remove(at(name));
  }
  const CommandResult last = run_program(arguments);
  ASSERT_EQ(last.code, 0) << last.output;
  EXPECT_EQ(trials("killed"), trials("whole"));
  EXPECT_THAT(last.output, HasSubstr("candidates of gone, "));
}

TEST_F(Search, other_strategies_search_and_weigh_measured_latency) {
  for (const char* kind : {"halving", "nsga2"}) {
    const std::string objectives =
        kind == std::string("nsga2") ? "--set 'objectives=[\"accuracy\", \"latency\"]' " : "";
    const CommandResult outcome =
        run_program(request(kind, objectives + "--set candidates=9 --set final.best=1 --set strategy.min_steps=2 "
                                               "--set limits.parameters=10000 --set strategy.kind=") +
                    kind);
    EXPECT_EQ(outcome.code, 0) << kind << ": " << outcome.output;
    EXPECT_THAT(outcome.output, HasSubstr("winner: ")) << kind;
    EXPECT_EQ(outcome.output.find("  ms  ") != std::string::npos, !objectives.empty()) << outcome.output;
  }
  // Its front is that of these two alone.
  const Json json = Json::parse(read_file(at("nsga2") / "result.json"));
  const auto point = [&](size_t i) {
    return std::pair(-json["ranking"][i]["score"].get<double>(), json["ranking"][i]["cost"]["latency"].get<double>());
  };
  const auto front = json["pareto"].get<std::vector<size_t>>();
  for (size_t i = 0; i < json["ranking"].size(); ++i) {
    bool dominated = false;
    for (size_t j = 0; j < json["ranking"].size(); ++j)
      dominated =
          dominated || (point(j).first <= point(i).first && point(j).second <= point(i).second && point(j) != point(i));
    EXPECT_EQ(std::ranges::count(front, i), dominated ? 0 : 1) << i;
  }
}

TEST_F(Search, tries_the_multiplier_that_a_teacher_has_learned_for_a_candidate) {
  train("conditioned", "--set conditioned_step_sizes=true");
  const Json stored = Json::parse(run_program("inspect --json " + path("conditioned")).output);
  EXPECT_EQ(stored["format_version"], 5);
  EXPECT_EQ(stored["traits"].size(), stored["log_multipliers"].size());
  EXPECT_NE(stored["log_multipliers"], Json(std::vector<double>(stored["traits"].size(), 0)));
  const auto steps_taken = [&](const std::string& teacher, const std::string& out) {
    const CommandResult outcome = run_program("search " + path(teacher) + " --set space=" + path("narrow.toml") +
                                              " --set candidates=1 --set final.best=0 --json --out " + path(out));
    return outcome.code == 0 ? Json::parse(outcome.output)["ranking"][0]["cost"]["steps"].dump() : outcome.output;
  };
  EXPECT_EQ(steps_taken("teacher", "without"), "30");  // five multipliers, six steps
  EXPECT_EQ(steps_taken("conditioned", "with"), "36");

  // As it was stored before version 5, and by a program that knows other traits.
  const Archive archive = read_archive(at("conditioned") / "teacher.safetensors");
  Archive old = archive, other = archive;
  old.metadata.erase("traits");
  old.metadata["format_version"] = "1";
  old.tensors.erase("log_multipliers");
  old.tensors["teacher.population.log_multipliers"] = archive.tensors.at("log_multipliers");
  write_archive(at("old.safetensors"), old);
  EXPECT_EQ(Json::parse(run_program("inspect --json " + path("old.safetensors")).output), stored);
  other.metadata["traits"].replace(other.metadata["traits"].find("gap"), 3, "gop");
  write_archive(at("other.safetensors"), other);
  EXPECT_THAT(steps_taken("other.safetensors", "other"),
              HasSubstr("traits of a learner that this program does not know"));
}

TEST_F(Search, a_run_that_a_live_search_writes_is_left_alone) {
  ASSERT_EQ(run_program(request("live", "--set candidates=2 --set final.best=0")).code, 0);
  const std::string before = trials("live");
  {
    const RunDirectory live = RunDirectory::open(at("live"));
    const CommandResult outcome = run_program("search --resume " + path("live") + " --retry-failed");
    EXPECT_EQ(outcome.code, 1);
    EXPECT_THAT(outcome.output, HasSubstr("live: is being written by process " + std::to_string(::getpid())));
    EXPECT_EQ(run_program("trials list " + path("live")).code, 0) << "it can be looked at";
  }
  EXPECT_EQ(trials("live"), before);
  EXPECT_EQ(run_program("search --resume " + path("live")).code, 0);
}

TEST_F(Search, a_disk_that_is_full_stops_it_and_loses_nothing) {
  const std::string more = "--set candidates=6 --set final.best=1 --set limits.parameters=10000 --threads 1";
  ASSERT_EQ(run_program(request("roomy", more)).code, 0);
  const auto on_full_disk = [&](rlim_t bytes, const std::string& arguments) {
    const FullDisk full(bytes);
    return run_program(arguments);
  };
  CommandResult outcome = on_full_disk(2000, request("full", more));
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.output, HasSubstr("teacher.safetensors: "));
  EXPECT_FALSE(RunDirectory::is_run(at("full"))) << "it never began";
  // Room for the teacher, but not for the store; then for it, but not for all of its trials.
  const auto teacher = fs::file_size(at("teacher") / "teacher.safetensors");
  std::string arguments = request("full", more);
  for (const rlim_t bytes : {rlim_t{teacher + 4096}, rlim_t{60'000}}) {
    outcome = on_full_disk(bytes, arguments);
    EXPECT_EQ(outcome.code, 1) << bytes << outcome.output;
    EXPECT_THAT(outcome.output, HasSubstr(kTrialFile)) << bytes;
    arguments = "search --threads 1 --resume " + path("full");
  }
  outcome = run_program(arguments);
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_EQ(trials("full"), trials("roomy"));
}

TEST_F(Search, refuses_what_makes_no_sense) {
  const auto refused = [](const std::string& arguments, int code, const std::string& what) {
    const CommandResult outcome = run_program(arguments);
    EXPECT_EQ(outcome.code, code) << arguments;
    EXPECT_THAT(outcome.output, HasSubstr(what)) << arguments;
  };
  refused("search", 2, "needs a teacher");
  refused("search " + path("nothing") + " --out " + path("refused"), 1, "nothing");
  refused(request("refused", "--set estimate.steps=7"), 2, "estimate.steps: 7 is more than the 6 steps");
  refused(request("refused", "--set space=convnt"), 2, "did you mean 'convnet'");
  refused(request("refused", "--set candidates=0"), 2, "candidates");
  refused(request("refused", "--set strategy.kind=evolutoin"), 2, "evolution");
  refused(request("refused", "--set 'objectives=[\"params\", \"latancy\"]'"), 2,
          "2 faults\n  - \"latancy\" is not accuracy, params, flops or latency, did you mean 'latency'?");
  refused(request("refused", "--retry-failed"), 2, "--resume");
  refused("search --resume " + path("teacher"), 2, "");
  refused("study --teacher " + path("nothing") + " --out " + path("teacher"), 2, "teacher: holds a run already");
  EXPECT_FALSE(fs::exists(at("refused"))) << "a refused request leaves nothing behind";
}

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
    for (const char* key : {"steps", "seconds", "spearman", "spearman_low", "spearman_high", "kendall",
                            "top_half_spearman", "regret_at_5"})
      EXPECT_TRUE(row.contains(key)) << key;
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
                             " --set truths=" + path("truths.json") + " --set 'estimators=[\"params\"]' --out " +
                             path("second");
  const CommandResult taken = run_program(second);
  ASSERT_EQ(taken.code, 0) << taken.output;
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

}  // namespace
}  // namespace gtn
