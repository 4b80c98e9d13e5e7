// Own data from end to end: a folder of pictures and a table, looked at, taught and judged.
#include <gmock/gmock.h>

#include "gtn/core/json.h"
#include "tests/cli/program.h"
#include "tests/data/pictures.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class OwnData : public testing::Test {
 protected:
  void SetUp() override { ::setenv("XDG_CACHE_HOME", (folder_.path() / "cache").c_str(), 1); }
  void TearDown() override { ::unsetenv("XDG_CACHE_HOME"); }

  std::string at(const std::string& name) const { return (folder_.path() / name).string(); }

  // As small as a training can be.
  std::string tiny(const std::string& more) const {
    return "train --threads 1 --set teacher.steps=3 --set teacher.batch=6 --set real_batch=12 --set outer.iterations=4 "
           "--set validation.learners=1 --set teacher.lr=0.1 " +
           more;
  }

  TemporaryFolder folder_;
};

TEST_F(OwnData, a_folder_of_pictures_is_inspected_taught_and_found_again) {
  write_tiny_dataset(folder_.path());
  const std::string pets = "'" + at("my pets") + "'";
  const CommandResult written = run_program("data export --threads 1 --class 0 --class 2 --out " + pets + " " + at(""));
  ASSERT_EQ(written.code, 0) << written.output;
  EXPECT_THAT(written.output, HasSubstr("/test: 60 pictures"));
  EXPECT_THAT(run_program("data export --threads 1 --class 9 --out x " + at("")).output,
              HasSubstr("\"9\" is no class"));
  const CommandResult inside = run_program("data export --threads 1 --out '" + at("my pets/x") + "' " + pets);
  EXPECT_EQ(inside.code, 2);
  EXPECT_THAT(inside.output, HasSubstr("where it would be read as data"));
  EXPECT_FALSE(fs::exists(at("my pets/x")));

  const CommandResult inspected = run_program("data inspect --threads 1 --json --out " + at("sheet.png") + " " + pets);
  ASSERT_EQ(inspected.code, 0) << inspected.output;
  const Json json = Json::parse(inspected.output);
  EXPECT_EQ(json.at("image"), (Json{1, 8, 8}));
  EXPECT_EQ(json.at("classes").size(), 2u);
  EXPECT_EQ(json.at("classes")[1].at("name"), "2");
  EXPECT_EQ(json.at("train").get<int>() + json.at("validation").get<int>(), 200);
  EXPECT_EQ(json.at("duplicates").at("between"), 0);
  EXPECT_TRUE(fs::exists(at("sheet.png")) && fs::exists(at("cache/gtn")));

  const std::string linear = "--set 'population.fixed=[\"flatten linear(classes)\"]' ";
  const CommandResult trained = run_program(tiny(linear + "--out " + at("run") + " " + pets));
  ASSERT_EQ(trained.code, 0) << trained.output;
  EXPECT_THAT(read_file(at("run/config.toml")), HasSubstr("images = \"pixels\"")) << "the usual run";
  fs::rename(at("my pets"), at("moved"));
  const std::string evaluate = "evaluate --threads 1 --seeds 1 --controls none --json " + at("run");
  const CommandResult gone = run_program(evaluate);
  EXPECT_EQ(gone.code, 2);
  EXPECT_THAT(gone.output, AllOf(HasSubstr("my pets: is not there"), HasSubstr("--data FOLDER")));
  EXPECT_EQ(run_program(evaluate + " --data " + at("moved")).code, 0);
  fs::create_directories(at("shelf"));
  fs::rename(at("moved"), at("shelf/my pets"));
  EXPECT_EQ(run_program(evaluate + " --data " + at("shelf")).code, 0);
  // What --data names counts, also while the data are where they were.
  fs::rename(at("shelf/my pets"), at("my pets"));
  fs::copy(at("my pets"), at("shelf/my pets"), fs::copy_options::recursive);
  const fs::path some = *fs::directory_iterator(at("shelf/my pets/train/0"));
  write_file_atomic(some, grey_png(8, 8, '\x07'));
  EXPECT_EQ(run_program(evaluate).code, 0);
  for (const char* data : {"shelf", "shelf/my pets"}) {
    const CommandResult other = run_program(evaluate + " --data '" + at(data) + "'");
    EXPECT_EQ(other.code, 1) << data;
    EXPECT_THAT(other.output, HasSubstr("is not the data set that this teacher was learned on")) << data;
  }
  EXPECT_EQ(run_program(evaluate + " --data " + at("nowhere")).code, 2);
}

TEST_F(OwnData, a_training_goes_on_with_data_that_have_moved) {
  for (const char* part : {"train", "test"})
    for (const char* name : {"dark", "light"})
      for (int i = 0; i < 6; ++i) {
        const fs::path file = folder_.path() / "pets" / part / name / (std::to_string(i) + ".png");
        fs::create_directories(file.parent_path());
        write_file_atomic(file, grey_png(4, 4, static_cast<char>(10 * i + (*name == 'd' ? 5 : 120))));
      }
  const std::string linear = "--set 'population.fixed=[\"flatten linear(classes)\"]' --set outer.iterations=300 ";
  start_and_signal(tiny(linear + "--out " + at("run") + " " + at("pets")), at("run/metrics.jsonl"), 3, SIGINT);
  ASSERT_FALSE(fs::exists(at("run/DONE")));
  fs::rename(at("pets"), at("moved"));
  const std::string resume = "train --threads 1 --resume " + at("run");
  const CommandResult gone = run_program(resume);
  EXPECT_EQ(gone.code, 2);
  EXPECT_THAT(gone.output, AllOf(HasSubstr("pets: is not there"), HasSubstr("--data FOLDER")));
  fs::copy(at("moved"), at("others"), fs::copy_options::recursive);
  write_file_atomic(at("others/train/dark/0.png"), grey_png(4, 4, '\x01'));
  const CommandResult others = run_program(resume + " --data " + at("others"));
  EXPECT_EQ(others.code, 1);
  EXPECT_THAT(others.output, HasSubstr("is not the data set that this run began with"));
  const CommandResult resumed = run_program(resume + " --data " + at("moved"));
  EXPECT_EQ(resumed.code, 0) << resumed.output;
}

TEST_F(OwnData, a_training_takes_about_as_long_as_it_is_told) {
  write_tiny_dataset(folder_.path());
  const std::string request =
      "train --threads 1 --set teacher.steps=2 --set teacher.batch=6 --set real_batch=6 "
      "--set validation.learners=1 --set 'population.fixed=[\"flatten linear(classes)\"]' " +
      at("") + " --out " + at("run") + " --minutes ";
  const CommandResult both = run_program(request + "1 --set outer.iterations=4");
  EXPECT_EQ(both.code, 2);
  EXPECT_THAT(both.output, HasSubstr("--minutes: sets outer.iterations; leave one of the two out"));
  const CommandResult trained = run_program(request + "0.02");
  ASSERT_EQ(trained.code, 0) << trained.output;
  EXPECT_THAT(trained.output, HasSubstr("meta-iterations, about 0.02 minutes on this machine"));
  const std::string config = read_file(at("run/config.toml"));
  const size_t key = config.find("iterations = ");
  ASSERT_NE(key, std::string::npos);
  EXPECT_GE(std::stoi(config.substr(key + 13)), 20);
  EXPECT_EQ(run_program("train --resume " + at("run") + " --minutes 1").code, 2);
}

TEST_F(OwnData, a_table_is_taught_without_pictures) {
  std::string text = "height,weight,species\n";
  for (int i = 0; i < 60; ++i)
    text += std::to_string(i % 2 == 0 ? 170 + i : 30 + i) + "," + std::to_string(i * i) +
            (i % 2 == 0 ? ",elk\n" : ",fox\n");
  write_file_atomic(at("animals.csv"), text);
  const CommandResult inspected = run_program("data inspect --threads 1 " + at("animals.csv"));
  EXPECT_THAT(inspected.output, AllOf(HasSubstr("2 classes of rows with 2 columns"), HasSubstr("column \"species\""),
                                      HasSubstr("\nheight  33.0000  ")));
  fs::create_directories(at("here"));
  const fs::path before = fs::current_path();
  fs::current_path(at("here"));
  const CommandResult trained = run_program(tiny("--set teacher.images=generator " + at("animals.csv")));
  fs::current_path(before);
  ASSERT_EQ(trained.code, 0) << trained.output;
  EXPECT_THAT(trained.output, AllOf(HasSubstr("- the class is column \"species\""),
                                    HasSubstr("a table: learners are mlp, and rows are learned directly")));
  EXPECT_TRUE(fs::exists(at("here/runs/animals/curriculum.png")));
  const CommandResult evaluated =
      run_program("evaluate --threads 1 --seeds 1 --controls none --json " + at("here/runs/animals"));
  ASSERT_EQ(evaluated.code, 0) << evaluated.output;
  EXPECT_EQ(Json::parse(evaluated.output).at("synthetic").at("curve").size(), 4u);

  const std::string quick = " --threads 1 --set estimate.images=10 --set seed=2 ";
  const CommandResult searched = run_program("search --json " + at("here/runs/animals") + quick +
                                             "--set candidates=2 --set final.best=1 --set final.steps=20");
  ASSERT_EQ(searched.code, 0) << searched.output;
  EXPECT_EQ(Json::parse(searched.output).at("space"), "mlp");
  EXPECT_THAT(read_file(at("here/runs/animals_search/config.toml")), HasSubstr("space = \"mlp\""));
  const CommandResult studied =
      run_program("study --json --teacher " + at("here/runs/animals") + quick + "--set architectures=3 " +
                  "--set truth.steps=10 --set 'estimators=[\"params\"]' --out " + at("study"));
  ASSERT_EQ(studied.code, 0) << studied.output;
  EXPECT_EQ(Json::parse(studied.output).at("spaces")[0].at("name"), "mlp");

  write_file_atomic(at("broken.csv"), "a,label\n1,x\ntwo,y\n,x\n");
  const CommandResult refused = run_program(tiny(at("broken.csv") + " --out " + at("none")));
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.output, AllOf(HasSubstr("2 faults"), HasSubstr("missing cells: 1"), HasSubstr("no numbers: 1")));
  EXPECT_FALSE(fs::exists(at("none")));
}

}  // namespace
}  // namespace gtn
