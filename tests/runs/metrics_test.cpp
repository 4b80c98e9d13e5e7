#include "gtn/runs/metrics.h"

#include <unistd.h>

#include <cmath>
#include <limits>

#include "gtn/core/file.h"
#include "tests/core/expect_error.h"
#include "tests/core/full_disk.h"

namespace gtn {
namespace {
namespace fs = std::filesystem;

class Metrics : public testing::Test {
 protected:
  void SetUp() override { make_folder(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  std::vector<int64_t> iterations() const {
    std::vector<int64_t> found;
    for (const Json& line : read_metrics(path_)) found.push_back(line["iteration"]);
    return found;
  }

  const fs::path folder_ = fs::path(testing::TempDir()) / ("gtn_metrics_test" + std::to_string(::getpid()));
  const fs::path path_ = folder_ / "metrics.jsonl";
};

TEST_F(Metrics, one_line_each_and_numbers_that_are_not_finite_are_null) {
  MetricsLog log(path_);
  log.append({{"iteration", 0}, {"loss", NAN}, {"norm", std::numeric_limits<double>::infinity()}});
  log.append({{"iteration", 1}, {"loss", 0.1}, {"note", "two\nlines \xff"}});
  EXPECT_EQ(read_file(path_),
            "{\"iteration\":0,\"loss\":null,\"norm\":null}\n"
            "{\"iteration\":1,\"loss\":0.1,\"note\":\"two\\nlines \xef\xbf\xbd\"}\n");
  EXPECT_EQ(read_metrics(path_)[1]["loss"].get<double>(), 0.1);
}

TEST_F(Metrics, a_line_without_an_iteration_is_a_fault_of_the_program) {
  MetricsLog log(path_);
  EXPECT_THROW(log.append({{"loss", 1.0}}), std::invalid_argument);
  EXPECT_THROW(log.append({{"iteration", 1.5}}), std::invalid_argument);
  EXPECT_THROW(log.append(Json(3)), std::invalid_argument);
  EXPECT_EQ(read_file(path_), "");
}

TEST_F(Metrics, a_torn_last_line_is_no_data) {
  const std::string whole = "{\"iteration\":0}\n{\"iteration\":1}\n";
  for (const std::string torn : {"{", "{\"iteration\":2", "{\"iteration\":2}"}) {
    write_file_atomic(path_, whole + torn);
    EXPECT_THAT(iterations(), testing::ElementsAre(0, 1));
    MetricsLog(path_).append({{"iteration", 2}});
    EXPECT_EQ(read_file(path_), whole + "{\"iteration\":2}\n") << torn;
  }
  write_file_atomic(path_, "{\"iter");
  MetricsLog log(path_);
  EXPECT_EQ(read_file(path_), "");
}

TEST_F(Metrics, a_broken_line_in_the_middle_is_named) {
  for (const std::string broken : {"{", "3", "{\"loss\":1}", ""}) {
    write_file_atomic(path_, "{\"iteration\":0}\n" + broken + "\n{\"iteration\":1}\n");
    expect_error([&] { read_metrics(path_); }, ErrorKind::failure,
                 {"metrics.jsonl", "line 2 is no JSON object", "mend or delete that line"});
  }
}

TEST_F(Metrics, lines_after_an_iteration_are_dropped_and_the_log_goes_on) {
  MetricsLog log(path_);
  for (const int i : {0, 1, 1, 2, 3}) log.append({{"iteration", i}, {"loss", 0.1 * i}});
  log.truncate_after(1);
  EXPECT_THAT(iterations(), testing::ElementsAre(0, 1, 1));
  log.append({{"iteration", 2}});
  EXPECT_THAT(iterations(), testing::ElementsAre(0, 1, 1, 2));
  log.truncate_after(-1);
  EXPECT_THAT(iterations(), testing::ElementsAre());
}

TEST_F(Metrics, the_bytes_of_kept_lines_do_not_change) {
  const std::string kept = "{ \"iteration\": 0, \"loss\": 1.50 }\n";
  write_file_atomic(path_, kept + "{\"iteration\":1}\n{\"iter");
  MetricsLog(path_).truncate_after(0);
  EXPECT_EQ(read_file(path_), kept);
}

TEST_F(Metrics, a_full_disk_loses_nothing) {
  MetricsLog log(path_);
  log.append({{"iteration", 0}});
  const Json large = {{"iteration", 1}, {"text", std::string(10000, 'x')}};
  const std::string before = read_file(path_);
  {
    const FullDisk full(4096);
    expect_error([&] { log.append(large); }, ErrorKind::failure,
                 {"metrics.jsonl", "could not be extended", "File too large", "go on with --resume"});
  }
  EXPECT_EQ(read_file(path_), before) << "half a line remains";
  log.append(large);
  {
    const FullDisk full(4096);
    expect_error([&] { log.truncate_after(1); }, ErrorKind::failure, {"Nothing was overwritten"});
  }
  EXPECT_THAT(iterations(), testing::ElementsAre(0, 1));
}

TEST_F(Metrics, an_unwritable_place_is_named) {
  expect_error([&] { MetricsLog log(folder_ / "none" / "m"); }, ErrorKind::failure, {"none/m", "No such file"});
  expect_error([&] { read_metrics(path_); }, ErrorKind::failure, {"metrics.jsonl", "cannot be opened"});
}

}  // namespace
}  // namespace gtn
