// What gtn search refuses, leaves alone and survives.
#include "gtn/core/json.h"
#include "gtn/data/artefact.h"
#include "tests/cli/search_fixture.h"
#include "tests/core/full_disk.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

TEST_F(Search, limits_say_which_networks_are_not_tried) {
  const auto faults = [&](const std::string& out, const std::string& more) {
    const CommandResult outcome =
        run_program(request(out, "--json --set calibration=0 --set final.best=0 --set candidates=4 " + more));
    EXPECT_EQ(outcome.code, 1) << "no candidate has a score: " << outcome.output;
    return Json::parse(outcome.output)["failed"];
  };
  std::string large = kSearchSpace;  // as many choices of larger networks
  large.replace(large.find("{width}"), 7, "{wide}");
  large.replace(large.find("[2, 4, 8, 5000]"), 15,
                "[{width = 2, wide = 4000}, {width = 4, wide = 4001}, {width = 8, wide = 4002}]");
  write_file_atomic(at("large.toml"), large);
  const std::string grown = "--set space=" + path("narrow.toml") + " --set final.space=" + path("large.toml") + " ";
  for (const auto& [out, more, fault] : std::vector<std::array<std::string, 3>>{
           {"slow", "--set limits.latency=1e-6", " ms for an image are more than 0.000"},
           {"working", "--set limits.multiply_adds=10", "multiply-adds are more than 10"},
           {"grown", grown + "--set limits.parameters=10000", "parameters are more than 10000"}}) {
    const Json failed = faults(out, more);
    EXPECT_EQ(failed.size(), 4u) << out;
    for (const Json& one : failed) EXPECT_THAT(one["fault"].get<std::string>(), HasSubstr(fault));
  }
}

TEST_F(Search, a_run_that_a_live_search_writes_is_left_alone) {
  ASSERT_EQ(
      run_program(request("live", "--set candidates=2 --set final.best=0 --set space=" + path("narrow.toml"))).code, 0);
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
  EXPECT_THAT(outcome.output, HasSubstr("begun.toml: could not be written"));
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

TEST_F(Search, weights_that_the_disk_has_no_room_for_are_no_fault_of_the_candidate) {
  write_file_atomic(at("heavy.toml"),
                    "learner = \"flatten linear({width}) relu linear(classes)\"\nchoices.width = [3000]");
  const std::string more = "--set candidates=1 --set calibration=0 --set final.best=1 --threads 1 --set space=";
  CommandResult outcome;
  {
    const FullDisk full(400'000);
    outcome = run_program(request("heavy", more + path("heavy.toml")));
  }
  EXPECT_EQ(outcome.code, 1) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("trained-2.safetensors: "));
  outcome = run_program("search --resume " + path("heavy"));
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("winner: only"));
}

TEST_F(Search, where_all_end_alike_says_that_there_is_nothing_to_rank) {
  const CommandResult outcome = run_program(request(
      "alike", "--set candidates=4 --set calibration=3 --set final.lr=1e38 --set space=" + path("narrow.toml")));
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("Those 3 candidates are all alike after training on real data"));
  EXPECT_THAT(outcome.output, testing::Not(HasSubstr("nan")));
}

TEST_F(Search, refuses_what_makes_no_sense) {
  const auto refused = [](const std::string& arguments, int code, const std::string& what) {
    const CommandResult outcome = run_program(arguments);
    EXPECT_EQ(outcome.code, code) << arguments;
    EXPECT_THAT(outcome.output, HasSubstr(what)) << arguments;
  };
  refused("search", 2, "needs a teacher");
  refused("search " + path("nothing") + " --out " + path("refused"), 2, "nothing: is not there");
  refused(request("refused", "--set estimate.steps=7"), 2, "estimate.steps: 7 is more than the 6 steps");
  refused(request("refused", "--set space=convnt"), 2, "did you mean 'convnet'");
  refused(request("refused", "--set candidates=0"), 2, "candidates");
  refused(request("refused", "--set strategy.kind=evolutoin"), 2, "evolution");
  refused(request("refused", "--set 'objectives=[\"params\", \"latancy\"]'"), 2,
          "2 faults\n  - \"latancy\" is not accuracy, params, flops or latency, did you mean 'latency'?");
  refused(request("refused", "--retry-failed"), 2, "--resume");
  for (const std::string verb : {"search", "study"})
    refused(verb + " --resume " + path("teacher"), 2, "is a run of gtn train, not of gtn " + verb);
  refused("study --teacher " + path("teacher") + " --set 'estimators=[]' --out " + path("refused"), 2,
          "estimators: is empty");
  Artefact other = load_artefact(at("teacher") / "teacher.safetensors");
  other.images = at::constant_pad_nd(other.images, {0, 1});
  save_artefact(at("other_size.safetensors"), other);
  for (const std::string verb : {"search ", "study --teacher "})
    refused(verb + path("other_size.safetensors") + " --out " + path("refused"), 1,
            "but this teacher was learned on images [");
  refused("study --teacher " + path("nothing") + " --out " + path("teacher"), 2,
          "teacher: holds a run that is finished");
  EXPECT_FALSE(fs::exists(at("refused"))) << "a refused request leaves nothing behind";
}

TEST_F(Search, goes_on_as_it_was_begun_or_not_at_all) {
  ASSERT_EQ(run_program(request("begun", "--set candidates=3 --set calibration=0 --set final.best=0")).code, 0);
  const fs::path config = at("begun") / "config.toml";
  const std::string text = read_file(config);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    changed.replace(changed.find(from), from.size(), to);
    write_file_atomic(config, changed);
    return run_program("search --json --resume " + path("begun"));
  };
  const CommandResult mixed = with("estimator = \"teacher\"", "estimator = \"real\"");
  EXPECT_EQ(mixed.code, 2);
  EXPECT_THAT(mixed.output, HasSubstr("'estimator' is not what the run was begun with"));
  EXPECT_THAT(with("images = 30", "images = 31").output, HasSubstr("'estimate.images' is not"));
  const CommandResult more = with("candidates = 3", "candidates = 4");
  ASSERT_EQ(more.code, 0) << more.output;
  EXPECT_EQ(Json::parse(more.output)["candidates"], 4);
}

TEST_F(Search, that_finds_nothing_says_so) {
  const CommandResult nothing = run_program(request("nothing_found", "--set limits.parameters=1"));
  EXPECT_EQ(nothing.code, 1);
  EXPECT_THAT(nothing.output, HasSubstr("no candidate has a score, so nothing was found"));
}

}  // namespace
}  // namespace gtn
