/// std::mutex with Clang's thread-safety annotations, so that the compiler checks "guarded by".
///
/// Rule: held for a step, never across a `co_await` (DESIGN.md section 4 gives the lock order).
#pragma once

#include <mutex>

#define BASE_CAPABILITY(x) __attribute__((capability(x)))
#define BASE_SCOPED_CAPABILITY __attribute__((scoped_lockable))
#define BASE_GUARDED_BY(x) __attribute__((guarded_by(x)))
#define BASE_REQUIRES(...) __attribute__((requires_capability(__VA_ARGS__)))
#define BASE_EXCLUDES(...) __attribute__((locks_excluded(__VA_ARGS__)))
#define BASE_ACQUIRE(...) __attribute__((acquire_capability(__VA_ARGS__)))
#define BASE_TRY_ACQUIRE(...) __attribute__((try_acquire_capability(__VA_ARGS__)))
#define BASE_RELEASE(...) __attribute__((release_capability(__VA_ARGS__)))

namespace base {

class BASE_CAPABILITY("mutex") Mutex {
public:
    void lock() BASE_ACQUIRE() { mutex_.lock(); }
    bool try_lock() BASE_TRY_ACQUIRE(true) { return mutex_.try_lock(); }
    void unlock() BASE_RELEASE() { mutex_.unlock(); }
    std::mutex& native() { return mutex_; }

private:
    std::mutex mutex_;
};

class BASE_SCOPED_CAPABILITY MutexLock {
public:
    explicit MutexLock(Mutex& mutex) BASE_ACQUIRE(mutex) : mutex_{mutex} { mutex_.lock(); }
    ~MutexLock() BASE_RELEASE() { mutex_.unlock(); }
    MutexLock(const MutexLock&) = delete;
    MutexLock& operator=(const MutexLock&) = delete;

private:
    Mutex& mutex_;
};

}  // namespace base
