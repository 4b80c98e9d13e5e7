// Threads that wait for others in a parallel region, and how soon they sleep.
#pragma once

namespace gtn {

// GNU OpenMP lets a thread that waits for the others spin for some milliseconds before it sleeps. Where another program
// takes a core that is worse than slow: the thread that all wait for cannot run where they spin. The library spins
// shortly by itself once it manages more threads than there are cores, so this starts a team of idle ones, which sleep
// until the process ends. Measured in docs/performance.md. Once a process, the first call counts; it does nothing where
// OMP_WAIT_POLICY or GOMP_SPINCOUNT say how long to wait. With another OpenMP library the team idles for nothing.
void keep_waits_short();

}  // namespace gtn
