#include "base/thread_slot.hpp"

#include <cstdint>
#include <limits>

#include "base/mutex.hpp"

namespace base::detail {

namespace {

/// Which numbers are free. Never destroyed: threads may end after static objects have.
class Register {
public:
    std::size_t take() {
        const MutexLock lock{mutex_};
        for (std::size_t i = 0; i < ThreadSlot::own; ++i) {
            if ((taken_ & (std::uint32_t{1} << i)) == 0) {
                taken_ |= std::uint32_t{1} << i;
                return i;
            }
        }
        return ThreadSlot::own + (next_shared_++ % (ThreadSlot::all - ThreadSlot::own));
    }

    void give_back(std::size_t index) {
        const MutexLock lock{mutex_};
        if (index < ThreadSlot::own) {
            taken_ &= ~(std::uint32_t{1} << index);
        }
    }

private:
    Mutex mutex_;
    std::uint32_t taken_ BASE_GUARDED_BY(mutex_) = 0;
    std::size_t next_shared_ BASE_GUARDED_BY(mutex_) = 0;
};

Register& slots() {
    static auto* const instance = new Register;
    return *instance;
}

constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
thread_local std::size_t my_index = none;

/// Gives the number back when the thread ends; whatever the thread records after that goes to a shared cell.
struct Returner {
    ~Returner() {
        slots().give_back(my_index);
        my_index = ThreadSlot::own;
    }
};

std::size_t take_for_this_thread() {
    my_index = slots().take();
    static thread_local const Returner returner;
    return my_index;
}

}  // namespace

ThreadSlot ThreadSlot::mine() { return {my_index != none ? my_index : take_for_this_thread()}; }

}  // namespace base::detail
