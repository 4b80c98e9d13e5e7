// gtn search as a person runs it.
#include <random>

#include "gtn/core/archive.h"
#include "gtn/core/json.h"
#include "gtn/core/random.h"
#include "gtn/nets/spec.h"
#include "gtn/runs/sittings.h"
#include "gtn/search/space.h"
#include "gtn/search/strategy.h"
#include "tests/cli/search_fixture.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

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
  EXPECT_THAT(run_program(exported).output,
              AllOf(HasSubstr("curriculum.npz\n"), HasSubstr("the curriculum of its teacher; the winner: "
                                                             "--format onnx or pytorch")));
  EXPECT_EQ(run_program(exported + " --format npz").output, path("curriculum.npz") + "\n");
  // Asked again it says the same, and does not read the test split again.
  EXPECT_EQ(Json::parse(run_program("search --json --resume " + path("run")).output), json);
  EXPECT_EQ(read_sittings(at("run") / "sittings.json").size(), 1u) << "there was nothing to do";
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
  // What takes longest of a stage is claimed first.
  const SpacePtr space = open_space(path("narrow.toml"));
  for (const Trial& trial : store->trials()) {
    const auto net = make_net(space->learner(trial.plan.genotype), {1, 8, 8}, 3);
    EXPECT_EQ(trial.plan.work, static_cast<double>(trial.plan.steps) * static_cast<double>(net->plain_multiply_adds()));
  }
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
  for (const char* name : {"gone.toml", "gone_too.toml"}) write_file_atomic(at(name), kSearchSpace);
  const std::string more = "--set limits.parameters=10000 --set final.steps=300 --set space=" + path("gone.toml") +
                           " --set final.space=" + path("gone_too.toml") + " --threads ";
  ASSERT_EQ(run_program(request("whole", more + "1")).code, 0);
  std::string arguments = request("killed", more + "2");
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  // Of 36 trials: 14 scored, 10 trained and 10 scored on real data, 2 finals.
  for (int64_t i = 0; i < 5; ++i) {
    const int64_t count = 7 * i + 1 + Key(seed).split(static_cast<uint64_t>(i)).index(6);
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

TEST_F(Search, every_strategy_and_space_is_searched) {
  const std::string few = "--json --set calibration=0 --set final.best=0 --set candidates=";
  std::map<std::string, std::vector<TrialPlan>> plans;
  for (const auto& [kind, name] : names_of(StrategyKind::random)) {
    const std::string word(name), out = "by_" + word;
    const CommandResult outcome =
        run_program(request(out, few +
                                     "8 --set strategy.initial=3 --set strategy.pool=8 --set strategy.min_steps=2 "
                                     "--set strategy.kind=" +
                                     word + " --set space=" + path("narrow.toml")));
    ASSERT_EQ(outcome.code, 0) << word << outcome.output;
    for (const Trial& trial : open_trial_store(at(out) / kTrialFile, StoreAccess::read)->trials()) {
      EXPECT_EQ(trial.state, TrialState::done) << word;
      plans[word].push_back(trial.plan);
    }
    EXPECT_EQ(plans[word].size(), 8u) << word;
  }
  const SpacePtr space = open_space(path("narrow.toml"));
  for (int64_t i = 0; i < 8; ++i) EXPECT_EQ(plans["exhaustive"][static_cast<size_t>(i)].genotype, space->at(i));
  for (const char* rungs : {"halving", "asha"}) {
    std::set<int64_t> steps;
    for (const TrialPlan& plan : plans[rungs]) steps.insert(plan.steps);
    EXPECT_EQ(steps, (std::set<int64_t>{2, 6})) << rungs;
  }
  for (const auto& [word, planned] : plans) EXPECT_EQ(planned == plans["random"], word == "random") << word;
  for (const std::string name : {"nb201", "nao"}) {
    const CommandResult outcome = run_program(request(
        "of_" + name, few + "2 --set final.best=1 --set space='" + name + "(width=2, cells=1)' --set final.steps=5"));
    ASSERT_EQ(outcome.code, 0) << outcome.output;
    const Json json = Json::parse(outcome.output);
    EXPECT_EQ(json["space"].get<std::string>().substr(0, name.size()), name);
    EXPECT_EQ(json["ranking"].size(), 2u);
    EXPECT_EQ(json["trained"].size(), 1u);
  }
}

TEST_F(Search, scores_on_real_data_as_on_the_curriculum) {
  const auto found = [&](const std::string& out, const std::string& more) {
    const CommandResult outcome =
        run_program(request(out, "--json --set candidates=5 --set calibration=4 --set final.best=0 --set space=" +
                                     path("narrow.toml") + " --set estimator=" + more));
    return outcome.code == 0 ? Json::parse(outcome.output) : Json(outcome.output);
  };
  const std::string size = "the number of parameters", baseline = "as many steps on real data";
  struct Expected {
    std::string estimator, more;
    int64_t steps;  // of all step sizes together
    std::vector<std::string> rankings;
  };
  // More steps than the curriculum has, and no baseline of as many steps where that is what scores.
  for (const auto& [estimator, more, steps, rankings] : std::vector<Expected>{
           {"teacher", "", 5 * 6, {"the combination", "the curriculum", baseline, size}},
           {"warm_start", "", 2 * 6 + 3 * 12, {"the combination", "the curriculum and then real data", baseline, size}},
           {"real", " --set estimate.steps=9", 2 * 4 + 3 * 9, {"the combination", "real data", size}},
           {"real_schedule", "", 5 * 6, {"the combination", "real data with learned step sizes", baseline, size}},
           {"kmeans", " --set estimate.steps=7", 5 * 7, {"the combination", "chosen real images", baseline, size}}}) {
    const Json json = found("scored_by_" + estimator, estimator + more);
    ASSERT_TRUE(json.is_object()) << json;
    EXPECT_EQ(json["estimator"], estimator);
    EXPECT_EQ(json["ranking"].size(), 5u);
    for (const Json& candidate : json["ranking"]) EXPECT_EQ(candidate["cost"]["steps"], steps) << estimator;
    std::vector<std::string> names;
    for (const Json& row : json["calibration"]["rankings"]) names.push_back(row["name"]);
    EXPECT_EQ(names, rankings);
  }
  EXPECT_THAT(found("refused", "real_schedul").dump(), HasSubstr("real_schedule"));
  EXPECT_THAT(found("refused", "warm_start --set estimate.steps=6").dump(), HasSubstr("no step on real data"));
  EXPECT_THAT(found("refused", "teacher --set estimate.steps=7").dump(), HasSubstr("more than the 6 steps"));
}

TEST_F(Search, ends_when_its_minutes_are_spent) {
  const CommandResult outcome =
      run_program(request("short", "--json --set calibration=0 --set final.best=0 --set minutes=1e-6"));
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_EQ(ended("short"), 4) << "one round of 14 candidates";
}

TEST_F(Search, keeps_how_networks_learned) {
  ASSERT_EQ(run_program(request("curves",
                                "--set candidates=1 --set final.best=1 --set limits.parameters=10000 --set "
                                "space=" +
                                    path("narrow.toml")))
                .code,
            0);
  const Json result = Json::parse(read_file(at("curves") / "result.json"));
  const Json curve = result["winner"]["curve"];
  ASSERT_EQ(curve.size(), 12u);
  EXPECT_EQ(curve.back()["steps"], 40);
  EXPECT_GT(curve.back()["train"], curve.front()["train"]);
  EXPECT_FALSE(result["winner"]["cost"].contains("curve"));
  const Json scored = result["ranking"][0];
  EXPECT_EQ(scored["curve"].back(), (Json{{"steps", 6}, {"validation", scored["score"]}}));
}

TEST_F(Search, of_more_candidates_trains_those_that_are_among_the_best_now) {
  const std::string more = "--set calibration=3 --set final.best=2 --set candidates=";
  ASSERT_EQ(run_program(request("resumed", more + "4 --set space=" + path("narrow.toml"))).code, 0);
  std::string config = read_file(at("resumed/config.toml"));
  config.replace(config.find("candidates = 4"), 14, "candidates = 12");
  write_file_atomic(at("resumed/config.toml"), config);
  const CommandResult outcome = run_program("search --json --resume " + path("resumed"));
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  const Json ranking = Json::parse(outcome.output)["ranking"];
  ASSERT_EQ(ranking.size(), 12u);
  std::set<std::string> trained;
  for (const char* stage : {"truth", "final"})
    for (const Trial& trial : open_trial_store(at("resumed") / kTrialFile, StoreAccess::read)->trials(stage))
      trained.insert(trial.plan.genotype);
  for (size_t i = 0; i < 2; ++i) EXPECT_TRUE(trained.contains(ranking[i]["genotype"])) << i;
}

TEST_F(Search, without_calibration_weighs_all_alike) {
  const CommandResult outcome =
      run_program(request("equal", "--json --set calibration=0 --set space=" + path("narrow.toml")));
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  const Json json = Json::parse(outcome.output);
  EXPECT_FALSE(json.contains("calibration"));
  for (const auto& [name, weight] : json["combination"].items())
    EXPECT_EQ(weight, json["combination"]["score"]) << name;
  EXPECT_EQ(json["trained"].size(), 2u);
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

}  // namespace
}  // namespace gtn
