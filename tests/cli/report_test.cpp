// What gtn report gathers, of files that the library made and of damaged ones. How the page shows it:
// tests/tools/page_test.py.
#include "cli/report_data.h"

#include <gmock/gmock.h>

#include <fstream>

#include "cli/run_config.h"
#include "gtn/core/config.h"
#include "gtn/data/png_reader.h"
#include "gtn/runs/metrics.h"
#include "gtn/runs/trial_store.h"
#include "tests/cli/program.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kHostileName = "</script>\"<b>\n";

// Two steps of four images of two classes; the images of a step are alike but for one class each.
Artefact taught_lesson() {
  Artefact artefact{
      .images = at::zeros({2, 4, 3, 2, 2}),
      .labels = at::tensor({0.9f, 0.1f, 0.2f, 0.8f, 0.6f, 0.4f, 0.3f, 0.7f}).view({1, 4, 2}).repeat({2, 1, 1}),
      .lr = at::tensor({0.5f, 0.25f}),
      .momentum = at::tensor({0.5f, 0.75f}),
      .normalization = {at::zeros({3}), at::ones({3})},
      .class_names = {"coat", kHostileName},
      .dataset = "toy",
      .dataset_fingerprint = "0123456789abcdef",
      .learners = "mlp",
      .config = to_toml(RunConfig{}),
      .program_version = "0.1.0",
      .teacher = {}};
  artefact.images[0][0].fill_(1);     // white: the image that is most a coat
  artefact.images[0][2][0].fill_(1);  // red: the other one
  return artefact;
}

Tensor pixels_of_uri(const std::string& uri, const TemporaryFolder& folder) {
  const std::string head = "data:image/png;base64,";
  EXPECT_EQ(uri.substr(0, head.size()), head);
  write_file_atomic(folder / "x", uri.substr(head.size()));
  EXPECT_EQ(run_command("base64 -d " + (folder / "x").string() + " > " + (folder / "x.png").string()).code, 0);
  return decode_png(read_file(folder / "x.png"), "x");
}

Json only_run(const fs::path& path) { return report_data({path.string()})["runs"][0]; }

TEST(ReportData, a_training_is_shown_with_what_it_has_so_far) {
  const TemporaryFolder folder;
  const fs::path path = folder / "run";
  RunConfig config;
  config.meta.outer.iterations = 9;
  RunDirectory::create(path, to_toml(config));
  Json run = only_run(path);
  EXPECT_EQ(run["name"], "run");
  EXPECT_EQ(run["kind"], "training");
  EXPECT_THAT(run["state"].get<std::string>(), HasSubstr("not complete"));
  EXPECT_EQ(run["missing"].size(), 3u) << run["missing"];  // metrics, teacher, evaluation
  EXPECT_FALSE(run.contains("training"));
  {
    MetricsLog log(path / "metrics.jsonl");
    log.append({{"iteration", 0}, {"loss", 2.0}, {"gradient_norm", 1.0}, {"learner", kHostileName}});
    log.append({{"iteration", 1}, {"loss", NAN}, {"rolled_back", true}, {"learner", "mlp"}});
    log.append({{"iteration", 2}, {"loss", 1.0}, {"learner", "mlp"}, {"validation_accuracy", 55.5}});
  }
  std::ofstream(path / "metrics.jsonl", std::ios::app) << "{\"iteration\": 3, \"lo";  // killed here
  save_artefact(path / "teacher.safetensors", taught_lesson());
  std::ofstream(path / "evaluation.json") << "{\"steps\": 2, \"synth";  // and here
  run = only_run(path);
  const Json& training = run["training"];
  EXPECT_EQ(training["planned"], 9);
  EXPECT_EQ(training["done"], 3);
  EXPECT_EQ(training["loss"], Json({2.0, nullptr, 1.0}));
  EXPECT_EQ(training["smooth"], Json({2.0, 2.0, 0.95 * 2.0 + 0.05 * 1.0}));
  EXPECT_EQ(training["validation"], Json::parse("[[3, 55.5]]"));
  EXPECT_EQ(training["rolled_back"], Json({1}));
  EXPECT_EQ(training["learners"][0], (Json{{"learner", kHostileName}, {"taught", 1}, {"loss", 2.0}}));
  EXPECT_EQ(training["learners"][1], (Json{{"learner", "mlp"}, {"taught", 2}, {"loss", 1.0}}));
  ASSERT_EQ(run["missing"].size(), 1u) << run["missing"];
  EXPECT_THAT(run["missing"][0].get<std::string>(), AllOf(HasSubstr("evaluation.json"), HasSubstr("cut off")));
  const std::string whole = read_file(path / "teacher.safetensors");
  write_file_atomic(path / "teacher.safetensors", whole.substr(0, whole.size() / 2));
  run = only_run(path);
  ASSERT_EQ(run["missing"].size(), 2u) << run["missing"];
  EXPECT_THAT(run["missing"][0].get<std::string>(), HasSubstr("this is not a whole safetensors file"));
  EXPECT_TRUE(run.contains("training"));
}

TEST(ReportData, a_run_tells_its_cost_and_its_machines) {
  const TemporaryFolder folder;
  const fs::path path = folder / "run";
  const RunDirectory run = RunDirectory::create(path, to_toml(RunConfig{}));
  const auto sitting = [](double seconds, const char* cpu) {
    return Json{{"began", "2026-11-27T18:13:46Z"},
                {"seconds", seconds},
                {"program", "0.1.0"},
                {"cpu", cpu},
                {"cores", 2},
                {"threads", 1},
                {"device", "cpu"}};
  };
  write_file_atomic(run.sittings(), Json{sitting(60, "A"), sitting(30, "B"), sitting(35, "A")}.dump());
  write_file_atomic(path / "reproduce.json", R"({"seconds": 7, "machine": {"cpu": "C", "cores": 3}, "commit": "abc"})");
  using Facts = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(only_run(path)["facts"].get<Facts>(), (Facts{{"began", "2026-11-27T18:13:46Z"},
                                                         {"took", "2 min 5 s, in 3 sittings"},
                                                         {"machine", "A, 2 cores, 1 thread, cpu, gtn 0.1.0"},
                                                         {"machine", "B, 2 cores, 1 thread, cpu, gtn 0.1.0"},
                                                         {"commit", "abc"}}));
  write_file_atomic(run.sittings(), "[1");
  const Json damaged = only_run(path);
  EXPECT_THAT(damaged["missing"].dump(), HasSubstr("sittings.json: is no list of sittings"));
  EXPECT_EQ(damaged["facts"].get<Facts>(),
            (Facts{{"training took", "7.0 s"}, {"machine", "C, 3 cores"}, {"commit", "abc"}}));
}

TEST(ReportData, the_curriculum_shows_who_has_most_of_each_class) {
  const TemporaryFolder folder;
  save_artefact(folder / "teacher.safetensors", taught_lesson());
  const Json curriculum = only_run(folder / "teacher.safetensors")["curriculum"];
  EXPECT_EQ(curriculum["classes"], Json({"coat", kHostileName}));
  EXPECT_EQ(curriculum["lr"], Json({0.5, 0.25}));
  EXPECT_EQ(curriculum["momentum"], Json({0.5, 0.75}));
  ASSERT_EQ(curriculum["shown"].size(), 2u);
  const Json& coats = curriculum["shown"][0]["rows"][0];
  EXPECT_EQ(coats["count"], 2);
  EXPECT_EQ(coats["label"][0][0], 0);
  EXPECT_NEAR(coats["label"][0][1].get<double>(), 75, 1e-4);
  EXPECT_NEAR(coats["label"][1][1].get<double>(), 25, 1e-4);
  EXPECT_NEAR(curriculum["certainty"]["mean"][1].get<double>(), 75, 1e-4);
  EXPECT_NEAR(curriculum["certainty"]["least"][0].get<double>(), 60, 1e-4);
  EXPECT_NEAR(curriculum["certainty"]["most"][0].get<double>(), 90, 1e-4);
  const Tensor strip = pixels_of_uri(coats["picture"], folder);  // two images of 2 x 2, a white column between
  ASSERT_EQ(shape_of(strip), (Shape{2, 5, 3}));
  const Tensor white = at::tensor({255, 255, 255}, at::kByte), red = at::tensor({255, 0, 0}, at::kByte);
  for (const int64_t x : {0, 1, 2}) EXPECT_TRUE(at::equal(strip[1][x], white)) << x;
  for (const int64_t x : {3, 4}) EXPECT_TRUE(at::equal(strip[1][x], red)) << x;
}

TEST(ReportData, an_evaluation_of_any_shape_becomes_one_of_ours) {
  const TemporaryFolder folder;
  const auto evaluation = [&](const std::string& json) {
    write_file_atomic(folder / "evaluation.json", json);
    return only_run(folder / "evaluation.json");
  };
  const std::string answer = R"({"learner": "mlp(8) relu", "steps": 2, "seeds": 3, "order": [], "real": {"mean": "80"},
      "speedup": {"ratio": 7.5, "budgets": [{}]}, "deep": {"er": {"mean": []}},
      "synthetic": {"mean": 80, "std": 1, "curve": [10, null, 80]},
      "to_end": {"random": {"mean": 1, "std": 0, "images": 5}}})";
  Json run = evaluation(answer);
  const Json& row = run["evaluation"]["rows"][0];
  ASSERT_EQ(row["curves"].size(), 1u);
  EXPECT_EQ(row["curves"][0], (Json{{"name", "synthetic"}, {"mean", 80}, {"std", 1}, {"curve", {10, nullptr, 80}}}));
  EXPECT_EQ(row["speedup"], (Json{{"ratio", 7.5}}));
  EXPECT_EQ(row["to_end"][0]["images"], 5);
  EXPECT_FALSE(row.contains("deep"));
  EXPECT_THAT(run["commands"][0].get<std::string>(),
              HasSubstr("gtn evaluate TEACHER --learner 'mlp(8) relu' --seeds 3 --speedup --to-end --shuffle "));
  run = evaluation(R"({"teachers": [{"learner": "a"}, 7, {"learners": [{"learner": "it's"}, 3]}], "matrix": 4})");
  EXPECT_EQ(run["evaluation"]["rows"].size(), 2u);
  EXPECT_EQ(run["evaluation"]["rows"][1]["teacher"], 3);
  run = evaluation(R"({"teachers": []})");
  EXPECT_THAT(run["missing"][0].get<std::string>(), HasSubstr("holds no learner"));
}

TEST(ReportData, a_search_joins_what_its_stages_say_of_a_candidate) {
  const TemporaryFolder folder;
  const fs::path path = folder / "search";
  RunDirectory::create(path, "candidates = 5\nobjectives = [\"accuracy\", \"params\"]\n");
  EXPECT_EQ(only_run(path)["kind"], "search");
  {
    const auto store = open_trial_store(path / kTrialFile, StoreAccess::create);
    std::vector<TrialPlan> plans;
    for (const char* const genotype : {"good", "small", "bad", "broken", "late"})
      plans.push_back({"estimate", genotype, 4, 1, "{}"});
    plans.push_back({"truth", "good", 100, 1, "{}"});
    store->plan(plans);
    for (size_t i = 0; i < plans.size(); ++i) store->claim();
    store->finish(1, {70, R"({"parameters": 50, "multiply_adds": 9})", 1});
    store->finish(2, {60, R"({"parameters": 5})", 2});
    store->finish(3, {50, R"({"parameters": 50})", 3});
    store->fail(4, "too large", 0);
    store->finish(6, {90, R"({"curve": [null, 3, {"steps": 7}, {"steps": 8, "train": 90, "validation": 80}]})", 30});
  }
  const Json search = only_run(path)["search"];
  ASSERT_EQ(search["candidates"].size(), 3u);
  EXPECT_EQ(search["candidates"][0]["truth"], 90.0);
  EXPECT_FALSE(search["candidates"][1].contains("truth"));
  std::vector<bool> pareto;
  for (const Json& candidate : search["candidates"]) pareto.push_back(candidate.contains("pareto"));
  EXPECT_THAT(pareto, ElementsAre(true, true, false));
  EXPECT_EQ(search["failed"][0]["fault"], "too large");
  EXPECT_EQ(search["open"], 1);
  ASSERT_EQ(search["trained"][0]["curve"].size(), 1u) << "of what a damaged store holds, what is a point";
  EXPECT_EQ(search["trained"][0]["curve"][0]["validation"], 80);
}

TEST(ReportData, a_study_shows_how_each_estimator_ranks) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "table.json",
                    R"({"space": "convnet", "dataset": "toy", "truth_steps": 9, "truth_seconds": 1,
      "genotypes": ["a", "b", "c", "d"], "truth": [1, 2, 3, 4], "estimators": [
      {"name": "teacher", "fidelities": [1, 2], "steps": [1, 2], "seconds": [1, 2], "scores": [[4, 3, 2, 1], [5, 6, 7, null]]},
      {"name": "params", "fidelities": [0], "steps": [0], "seconds": [0], "scores": [[1, 2, 4, 3]]}]})");
  const Json study = only_run(folder / "table.json")["study"];
  EXPECT_EQ(study["estimators"][0]["rows"][0]["spearman"], -1.0);
  EXPECT_NEAR(study["estimators"][0]["rows"][1]["spearman"].get<double>(), -0.2, 1e-12);  // what diverged ranks last
  EXPECT_NEAR(study["estimators"][1]["rows"][0]["spearman"].get<double>(), 0.8, 1e-12);
  EXPECT_EQ(study["genotypes"].size(), 4u);
}

TEST(Report, faults_of_all_paths_are_listed_at_once) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "a.json", "{\"cut");
  write_file_atomic(folder / "b.json", "[1]");
  make_folder(folder / "empty");
  const std::string base = folder.path().string();
  const CommandResult outcome = run_program("report " + base + "/a.json " + base + "/b.json " + base + "/empty " +
                                            base + "/nothing --out " + base + "/page.html");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.output,
              AllOf(HasSubstr("4 faults"), HasSubstr("a.json: is no JSON, or cut off"),
                    HasSubstr("b.json: is JSON, but neither of gtn evaluate nor of gtn study"),
                    HasSubstr("is no run (it holds no config.toml)"), HasSubstr("nothing: does not exist")));
  EXPECT_FALSE(fs::exists(folder / "page.html"));
  EXPECT_EQ(run_program("report --serve --out page.html " + base).code, 2);
}

}  // namespace
}  // namespace gtn
