#include "gtn/runs/sittings.h"

#include <gmock/gmock.h>

#include <thread>

#include "gtn/core/file.h"
#include "gtn/core/version.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"

namespace gtn {
namespace {

TEST(Sittings, each_process_adds_one_that_lasts_as_long_as_its_clock) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "sittings.json";
  EXPECT_TRUE(read_sittings(path).empty());
  const auto now = std::chrono::seconds(0);
  {
    SittingClock first(path, "cpu", 2, now);
    EXPECT_TRUE(read_sittings(path).empty()) << "nothing is done yet";
    first.tick();
    ASSERT_EQ(read_sittings(path).size(), 1u) << "the process may be killed";
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    first.tick();
    EXPECT_GE(read_sittings(path)[0].seconds, 0.03);
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
  }
  { SittingClock(path, "cuda", 7).tick(); }
  { const SittingClock idle(path, "cpu", 1); }
  const std::vector<Sitting> sittings = read_sittings(path);
  ASSERT_EQ(sittings.size(), 2u);
  EXPECT_GE(sittings[0].seconds, 0.06);
  EXPECT_LT(sittings[1].seconds, sittings[0].seconds);
  EXPECT_THAT(sittings[0].began, testing::MatchesRegex("20..-..-..T..:..:..Z"));
  EXPECT_EQ(sittings[0].program, GTN_VERSION);
  EXPECT_FALSE(sittings[0].cpu.empty());
  EXPECT_EQ(sittings[0].threads, 2);
  EXPECT_EQ(sittings[1].threads, 7);
  EXPECT_EQ(sittings[1].device, "cuda");
}

TEST(Sittings, another_file_is_neither_read_nor_written_over) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "sittings.json";
  for (const char* text : {"", "{}", "null", "7", "[7]", "[{}]", R"([{"began": 1}])"}) {
    write_file_atomic(path, text);
    EXPECT_THAT(message_of([&] { read_sittings(path); }), testing::HasSubstr("sittings.json: is no list of sittings"))
        << text;
    EXPECT_ANY_THROW(SittingClock(path, "cpu", 1));
    EXPECT_EQ(read_file(path), text);
  }
  write_file_atomic(path, "[]");
  { SittingClock(path, "cpu", 1).tick(); }
  std::string good = read_file(path);
  for (const char* cores : {"1e300", "-1", "0.5", "\"2\""}) {
    std::string bad = good;
    const size_t at = bad.find("\"threads\": 1");
    write_file_atomic(path, bad.replace(at + 11, 1, cores));
    EXPECT_THROW(read_sittings(path), Error) << cores;
  }
}

}  // namespace
}  // namespace gtn
