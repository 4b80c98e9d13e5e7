// Ctrl-C, or a terminal that closes, lets the loop finish its step and write a checkpoint.
#pragma once

#include <array>
#include <csignal>

namespace gtn {

// While one lives, the first SIGINT, SIGTERM or SIGHUP only sets a flag; the second of its kind acts as usual, so that
// a person who presses Ctrl-C twice ends the process, but for SIGHUP, of which a closing terminal sends two itself. A
// signal that was ignored before (a job in the background, nohup) stays ignored. The destructor puts the old handlers
// back. Signals belong to the process: throws std::logic_error where a guard lives.
class InterruptGuard {
 public:
  InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  ~InterruptGuard();

  // Whether a signal has arrived since this guard was made.
  bool requested() const;

 private:
  std::array<struct sigaction, 3> old_;
};

}  // namespace gtn
