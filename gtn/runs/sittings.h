// Which machines worked on a run, and for how long: what a result cost. A run that is gone on with has several
// sittings.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <mutex>
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

// A process's own sitting: from here on to the end of this object.
class SittingClock {
 public:
  // Adds it to the file, which is made where it is not there, and reads the clock. Throws a failure where the file is
  // none of these or cannot be written; then it is as it was.
  SittingClock(std::filesystem::path path, std::string device, int64_t threads);
  SittingClock(const SittingClock&) = delete;
  SittingClock& operator=(const SittingClock&) = delete;
  // Writes how long it lasted. What the disk denies then is lost.
  ~SittingClock();

  // Writes how long it has lasted, but for half a minute after it last did: a process that is killed loses no more. May
  // be called from several threads. Throws a failure where the disk denies it.
  void tick();

 private:
  void write();

  std::filesystem::path path_;
  std::vector<Sitting> sittings_;  // this one is the last
  std::chrono::steady_clock::time_point begin_, written_;
  std::mutex mutex_;
};

// The sittings of a file, in order; none where there is no file. Throws a failure where it holds something else.
std::vector<Sitting> read_sittings(const std::filesystem::path& path);

}  // namespace gtn
