// Which machines worked on a run, and for how long: what a result cost. A run that is gone on with has several
// sittings.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace gtn {

struct Sitting {
  std::string began;    // when, in UTC: "2026-11-27T18:13:46Z"
  double seconds = 0;   // that it lasted
  std::string program;  // the version of gtn
  std::string cpu;      // the processor's name
  int64_t cores = 0;    // that it might use
  int64_t threads = 0;  // that it was to use
  std::string device;   // "cpu" or "cuda"
};

// A process's own sitting, from here on to the end of this object; one in which nothing is done is none.
class SittingClock {
 public:
  // Reads the clock and the file. Throws a failure where the file holds something else.
  SittingClock(std::filesystem::path path, std::string device, int64_t threads,
               std::chrono::steady_clock::duration written_every = std::chrono::seconds(30));
  SittingClock(const SittingClock&) = delete;
  SittingClock& operator=(const SittingClock&) = delete;
  // Writes how long the sitting lasted, if it ever ticked. What the disk denies then is lost.
  ~SittingClock();

  // Called from time to time, by several threads if need be: adds the sitting to the file, which is made where it is
  // not there, and writes how long it has lasted where that is some time ago. What follows the last of these a killed
  // process does not count. Throws a failure where the disk denies it.
  void tick();

 private:
  void write();

  std::filesystem::path path_;
  std::vector<Sitting> sittings_;  // this one is the last
  std::chrono::steady_clock::time_point begin_;
  std::chrono::steady_clock::duration written_every_;
  std::optional<std::chrono::steady_clock::time_point> written_;
  std::mutex mutex_;
};

// The sittings of a file, in order; none where there is no file. Throws a failure where it holds something else.
std::vector<Sitting> read_sittings(const std::filesystem::path& path);

}  // namespace gtn
