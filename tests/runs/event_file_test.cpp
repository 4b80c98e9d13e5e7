#include "gtn/runs/event_file.h"

#include <chrono>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "tests/core/expect_error.h"
#include "tests/core/full_disk.h"
#include "tests/core/temporary_folder.h"
#include "tests/runs/event_reader.h"

namespace gtn {
namespace {

using namespace std::string_literals;
namespace fs = std::filesystem;

class Events : public testing::Test {
 protected:
  std::vector<ReadEvent> read() const { return read_events(event_files(folder_.path()).back()); }

  TemporaryFolder folder_;
};

double unix_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

TEST_F(Events, the_reader_knows_published_checksums) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu) << "RFC 3720, B.4";
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62A8AB43u) << "RFC 3720, B.4";
}

TEST_F(Events, scalars_and_images_are_read_as_they_were_written) {
  const double before = unix_time();
  const std::string png = "\x89PNG\r\n\x1a\n\0 with a zero byte"s, large = png + std::string(300, '\xfe');
  {
    EventFile file(folder_.path());
    file.add_scalars(0, {{"loss", 0.1}, {"validation/accuracy", 77.5}});
    file.add_scalars(int64_t{1} << 40, {{"loss", NAN}, {"norm", std::numeric_limits<double>::infinity()}});
    file.add_image(300, {.tag = "curriculum", .height = 7, .width = 1000, .channels = 3, .png = large});
    file.add_image(128, {.tag = "grey", .height = 1, .width = 1, .channels = 1, .png = png});
  }
  const std::vector<ReadEvent> events = read();
  ASSERT_EQ(events.size(), 5u);
  EXPECT_EQ(events[0].version, "brain.Event:2");
  EXPECT_EQ(events[1].step, 0);
  EXPECT_EQ(events[1].scalars, (std::map<std::string, float>{{"loss", 0.1f}, {"validation/accuracy", 77.5f}}));
  EXPECT_EQ(events[2].step, int64_t{1} << 40);
  EXPECT_TRUE(std::isnan(events[2].scalars.at("loss")) && std::isinf(events[2].scalars.at("norm")));
  EXPECT_EQ(events[3].step, 300);
  const ReadImage& image = events[3].images.at("curriculum");
  EXPECT_EQ(image.height, 7u);
  EXPECT_EQ(image.width, 1000u);
  EXPECT_EQ(image.colorspace, 3u);
  EXPECT_EQ(image.png, large);
  EXPECT_EQ(events[4].step, 128);
  EXPECT_EQ(events[4].images.at("grey").colorspace, 1u);
  for (const ReadEvent& event : events) {
    EXPECT_GE(event.wall_time, before);
    EXPECT_LE(event.wall_time, unix_time());
    EXPECT_EQ(event.status, 0u);
  }
  EXPECT_THROW(EventFile(folder_.path()).add_image(0, {"x", 1, 1, 2, png}), std::invalid_argument);
}

TEST_F(Events, every_byte_of_a_record_is_under_a_checksum) {
  EventFile(folder_.path()).add_scalars(3, {{"loss", 0.5}});
  const std::string bytes = read_file(event_files(folder_.path()).back());
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string broken = bytes;
    broken[i] = static_cast<char>(broken[i] ^ 4);
    EXPECT_THROW(records_in(broken), std::runtime_error) << "byte " << i;
  }
}

TEST_F(Events, a_run_that_goes_on_begins_a_later_file_and_says_at_which_step) {
  EventFile first(folder_.path());
  write_file_atomic(folder_ / "events.out.tfevents.4000000000.gtn", "");  // the clock was wrong
  EventFile second(folder_.path());
  second.add_restart(7);
  const std::vector<fs::path> files = event_files(folder_.path());
  ASSERT_EQ(files.size(), 3u);
  EXPECT_NEAR(std::stod(files[0].filename().string().substr(20, 10)), unix_time(), 60);
  EXPECT_EQ(files[2].filename(), "events.out.tfevents.4000000001.gtn");
  const std::vector<ReadEvent> events = read();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].version, "brain.Event:2");
  EXPECT_EQ(events[1].status, 1u);
  EXPECT_EQ(events[1].step, 7);
}

TEST_F(Events, a_full_disk_leaves_no_torn_record) {
  EventFile file(folder_.path());
  file.add_scalars(0, {{"loss", 1}});
  const std::string large(10000, 'x');
  {
    const FullDisk full(4096);
    expect_error(
        [&] {
          file.add_image(1, {"sheet", 1, 1, 1, large});
        },
        ErrorKind::failure, {"events.out.tfevents.", "could not be extended", "File too large", "go on with --resume"});
  }
  EXPECT_EQ(read().size(), 2u);
  file.add_image(1, {"sheet", 1, 1, 1, large});
  EXPECT_EQ(read()[2].images.at("sheet").png, large);
}

TEST_F(Events, a_folder_that_cannot_be_made_is_named) {
  write_file_atomic(folder_ / "file", "");
  expect_error([&] { EventFile file(folder_ / "file" / "tensorboard"); }, ErrorKind::failure, {"file/tensorboard"});
}

}  // namespace
}  // namespace gtn
