// Independent tasks on the threads that LibTorch has, one thread each: for work that is too small to be shared out.
#pragma once

#include <functional>

#include "gtn/core/tensor.h"

namespace gtn {

// How many of `count` tasks side_by_side() would run at once, called here and now: one where there is one task or one
// thread, or where this thread works inside a parallel region already.
int64_t tasks_at_once(int64_t count);

// Calls task(0) .. task(count - 1), each once and begun in this order, and returns when all have ended. Where several
// run at once, LibTorch and the libraries under it have one thread inside each task, so that no core is asked for
// twice and a task gives the bits that it gives in a process of one thread. Where tasks_at_once() is one they run here
// one after the other; a single task has all threads.
// A task sees the caller's autograd mode and floating-point environment. What tasks share is theirs to guard. Once one
// throws no further one is begun; the exception of the lowest index is thrown when the others have ended.
void side_by_side(int64_t count, const std::function<void(int64_t)>& task);

}  // namespace gtn
