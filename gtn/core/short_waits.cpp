#include "gtn/core/short_waits.h"

#include <omp.h>
#include <unistd.h>

#include <cstdlib>
#include <mutex>
#include <thread>

namespace gtn {
namespace {

// Starts one thread more than there are cores, and keeps them. (Compilers leave out a region where nothing happens.)
void idle() {
#pragma omp parallel num_threads(omp_get_num_procs() + 1)
  {
#pragma omp barrier
  }
  for (;;) ::pause();
}

}  // namespace

void keep_waits_short() {
  static std::once_flag once;
  if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT")) return;
  std::call_once(once, [] { std::thread(idle).detach(); });
}

}  // namespace gtn
