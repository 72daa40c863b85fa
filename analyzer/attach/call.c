/* call.c - calls functions on a thread of another process; see call.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/attach/call.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RED_ZONE         128u
#define NAME_ROOM        32u                 /* below it, for CALL_MEMORY_NAME */
#define PATIENCE_S       20                  /* for a function to return */
#define HELD_PATIENCE_NS INT64_C(5000000000) /* ... where all others are stopped */

/* Between looks at it: who waits for less, or looks as often all along, keeps a processor from it.
 */
#define PAUSE_NS   50000
#define PAUSE_PART 16 /* of the time that it has taken already */

/* What rt_sigreturn(2) finds on the stack, as the kernel defines it; behind the address of
 * rt_sigreturn's code, to which a handler would return. */
struct frame {
    uint64_t flags, link, stack_sp, stack_flags, stack_size;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip;
    uint64_t eflags;
    uint16_t cs, gs, fs, ss;
    uint64_t error, trap, old_mask, cr2, xstate, reserved[8];
    uint64_t mask;
};

_Static_assert(sizeof(struct frame) == 304, "the kernel's struct ucontext");

#define HAS_XSTATE 1u
#define HAS_SS     2u
#define STRICT_SS  4u
/* No such mode of a stack for handlers: rt_sigreturn(2) leaves that as it is. */
#define NO_MODE 16u

/* Of the extended state in a frame (asm/sigcontext.h). */
struct xstate_note {
    uint32_t magic, extended_size;
    uint64_t features;
    uint32_t size, padding[7];
};
#define XSTATE_MAGIC1  0x46505853u
#define XSTATE_MAGIC2  0x46505845u
#define XSTATE_NOTE_AT 464u
#define XSTATE_ALIGN   64u

static uint64_t down(uint64_t address, uint64_t align)
{
    return address & ~(align - 1);
}

/* The call that the thread waits in begins again. */
static void take_call_back(struct frame *frame, const struct user_regs_struct *registers)
{
    const int64_t result = (int64_t)registers->rax;
    if ((int64_t)registers->orig_rax < 0 || result > -512 || result < -516)
        return;
    frame->rip -= 2;
    frame->rax = registers->orig_rax;
}

static struct frame frame_of(const struct caller *caller, uint64_t xstate)
{
    struct user_regs_struct now = caller->thread.registers;
    thread_restart_call(&now);
    const struct user_regs_struct *r = &now;
    struct frame frame = {
        .flags = HAS_XSTATE | HAS_SS | STRICT_SS,
        .stack_flags = NO_MODE,
        .r8 = r->r8,
        .r9 = r->r9,
        .r10 = r->r10,
        .r11 = r->r11,
        .r12 = r->r12,
        .r13 = r->r13,
        .r14 = r->r14,
        .r15 = r->r15,
        .rdi = r->rdi,
        .rsi = r->rsi,
        .rbp = r->rbp,
        .rbx = r->rbx,
        .rdx = r->rdx,
        .rax = r->rax,
        .rcx = r->rcx,
        .rsp = r->rsp,
        .rip = r->rip,
        .eflags = r->eflags,
        .cs = (uint16_t)r->cs,
        .ss = (uint16_t)r->ss,
        .xstate = xstate,
        .mask = caller->mask,
    };
    take_call_back(&frame, r);
    return frame;
}

/* The registers that GETREGS tells nothing of, as rt_sigreturn(2) takes them. */
static bool write_xstate(const struct caller *caller, uint64_t at)
{
    uint8_t copy[CALL_XSTATE_MAX];
    const uint32_t end = XSTATE_MAGIC2;
    struct xstate_note note = {.magic = XSTATE_MAGIC1,
                               .extended_size = (uint32_t)(caller->xstate_size + sizeof(end)),
                               .size = (uint32_t)caller->xstate_size};
    memcpy(copy, caller->xstate, caller->xstate_size);
    memcpy(&note.features, copy + XSTATE_NOTE_AT, sizeof(note.features)); /* those there are */
    memcpy(copy + XSTATE_NOTE_AT, &note, sizeof(note));
    return target_write(caller->thread.images->memory, at, copy, caller->xstate_size) &&
           target_write(caller->thread.images->memory, at + caller->xstate_size, &end, sizeof(end));
}

/* A frame below SP, behind a return address: where it is; 0: there is no room. */
static uint64_t write_frame(const struct caller *caller, uint64_t sp)
{
    const uint64_t xstate = down(sp - caller->xstate_size - sizeof(uint32_t), XSTATE_ALIGN);
    const uint64_t at = down(xstate - sizeof(struct frame), 16);
    const struct frame frame = frame_of(caller, xstate);
    const bool ok = write_xstate(caller, xstate) &&
                    target_write(caller->thread.images->memory, at, &frame, sizeof(frame)) &&
                    target_write(caller->thread.images->memory, at - sizeof(uint64_t),
                                 &caller->thread.sigreturn, sizeof(uint64_t));
    return ok ? at : 0;
}

static bool keep_xstate(struct caller *caller)
{
    struct iovec part = {caller->xstate, sizeof(caller->xstate)};
    if (ptrace(PTRACE_GETREGSET, caller->thread.tid, NT_X86_XSTATE, &part) != 0 ||
        part.iov_len >= sizeof(caller->xstate) || part.iov_len < XSTATE_NOTE_AT + 8)
        return false;
    caller->xstate_size = part.iov_len;
    return true;
}

/* What the kernel makes a signal of at once must not be held back: it would end the process. */
static uint64_t mask_of_calls(void)
{
    static const int immediate[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
    uint64_t mask = UINT64_MAX;
    for (size_t i = 0; i < sizeof(immediate) / sizeof(*immediate); i++)
        mask &= ~(UINT64_C(1) << (immediate[i] - 1));
    return mask;
}

/* The next stop, or -1, with errno, when it takes too long, or the process has ended. */
static int next_stop(const struct caller *caller, int signal)
{
    int status;
    if (ptrace(PTRACE_SYSCALL, caller->thread.tid, 0, signal) != 0)
        return -1;
    return thread_await(caller->thread.tid, &status, PATIENCE_S) ? status : -1;
}

static bool is_at_end(const struct caller *caller, const struct user_regs_struct *registers)
{
    const uint64_t from = registers->rip - caller->thread.sigreturn;
    return registers->orig_rax == SYS_rt_sigreturn && from < 32;
}

/* Until the function tells that its work is done. False, with errno: that takes too long; or
 * something else came in between. */
static bool await_work(const struct caller *caller, int *status)
{
    const int64_t began = nanoseconds_now();
    uint32_t held = 0;
    do {
        const int64_t waited = nanoseconds_now() - began;
        const struct timespec pause = {.tv_nsec = PAUSE_NS + waited / PAUSE_PART};
        errno = ETIMEDOUT;
        if (waited > HELD_PATIENCE_NS || waitpid(caller->thread.tid, status, __WALL | WNOHANG) != 0)
            return false;
        nanosleep(&pause, NULL);
        target_read(caller->thread.images->memory, caller->held, &held, sizeof(held));
    } while (!held);
    return true;
}

/* Is the thread, which is stopped, in what was called? */
static bool is_called(const struct caller *caller)
{
    struct user_regs_struct registers;
    return ptrace(PTRACE_GETREGS, caller->thread.tid, 0, &registers) == 0 &&
           registers.rsp - caller->memory < CALL_MEMORY;
}

/* Lets a function do its work, and then return: with no stop in between. False, with *STATUS: it
 * was stopped by something else, or has ended. */
static bool run_held(struct caller *caller, int *status)
{
    static const uint32_t one = 1;
    *status = 0;
    if (ptrace(PTRACE_CONT, caller->thread.tid, 0, 0) != 0 || !await_work(caller, status) ||
        ptrace(PTRACE_INTERRUPT, caller->thread.tid, 0, 0) != 0 ||
        !thread_await(caller->thread.tid, status, PATIENCE_S) || *status >> 16 != PTRACE_EVENT_STOP)
        return false;
    caller->left = !is_called(caller);
    return target_write(caller->thread.images->memory, caller->released, &one, sizeof(one));
}

/* Of the stops at a system call: is it the one before? */
static bool is_entry(const struct caller *caller)
{
    struct __ptrace_syscall_info info;
    return ptrace(PTRACE_GET_SYSCALL_INFO, caller->thread.tid, sizeof(info), &info) > 0 &&
           info.op == PTRACE_SYSCALL_INFO_ENTRY;
}

static void observe(struct caller *caller, bool begins, struct user_regs_struct *registers)
{
    bool changed = false;
    if (caller->observer)
        caller->observer(caller->data, begins, registers, &changed);
    if (changed)
        ptrace(PTRACE_SETREGS, caller->thread.tid, 0, registers);
}

static bool tell_stop(int status, struct error *error)
{
    if (status > 0 && WIFSTOPPED(status))
        error_set(error, "what was called in it got signal %d (%s)", WSTOPSIG(status),
                  strsignal(WSTOPSIG(status)));
    else
        error_set(error,
                  errno == ETIMEDOUT
                      ? "what was called in it does not return: it is left to do so by itself"
                      : "the process has ended meanwhile");
    return false;
}

/* Runs until the function returns; *RESULT is what its last system call did. */
static bool run(struct caller *caller, int64_t *result, struct error *error)
{
    for (;;) {
        struct user_regs_struct registers;
        const int status = next_stop(caller, 0);
        if (status < 0 || ptrace(PTRACE_GETREGS, caller->thread.tid, 0, &registers) != 0)
            return tell_stop(-1, error);
        if (status >> 16 == PTRACE_EVENT_STOP)
            continue;
        if (WSTOPSIG(status) != (SIGTRAP | 0x80))
            return tell_stop(status, error);
        const bool begins = is_entry(caller);
        if (begins && is_at_end(caller, &registers))
            return true;
        if (!begins)
            *result = (int64_t)registers.rax;
        observe(caller, begins, &registers);
    }
}

/* The call that a stopped thread comes from. At the beginning of one it has to make some: a filter
 * may end it for one that is left out, too. */
static uint64_t call_left_out(const struct caller *caller)
{
    return is_entry(caller) ? SYS_getpid : UINT64_MAX;
}

static struct user_regs_struct registers_of_call(const struct caller *caller, uint64_t frame,
                                                 const struct user_regs_struct *registers)
{
    struct user_regs_struct wanted = caller->thread.registers;
    wanted.orig_rax = call_left_out(caller); /* none is to begin again */
    wanted.rax = 0;
    wanted.rip = registers->rip;
    wanted.rdi = registers->rdi;
    wanted.rsi = registers->rsi;
    wanted.rdx = registers->rdx;
    wanted.rcx = registers->rcx;
    wanted.r8 = registers->r8;
    wanted.r9 = registers->r9;
    wanted.rsp = frame - sizeof(uint64_t);
    return wanted;
}

/* The function at RIP, whose frame is at FRAME. The thread is stopped: in its own call, or at the
 * end of the last function, which is then left out. */
static bool call(struct caller *caller, uint64_t frame, const struct user_regs_struct *registers,
                 int64_t *result, struct error *error)
{
    const uint64_t mask = mask_of_calls();
    const struct user_regs_struct wanted = registers_of_call(caller, frame, registers);
    int status = 0;
    bool ok = ptrace(PTRACE_SETREGS, caller->thread.tid, 0, &wanted) == 0 &&
              ptrace(PTRACE_SETSIGMASK, caller->thread.tid, sizeof(mask), &mask) == 0;
    if (!ok)
        error_set(error, "the process has ended meanwhile");
    else if (caller->held && !run_held(caller, &status))
        ok = tell_stop(status, error);
    else if (!caller->left)
        ok = run(caller, result, error);
    if (!ok)
        caller_give_up(caller);
    return ok;
}

/* From a stop that signals are looked at behind: a call that was interrupted begins again there. */
static void put_back(struct caller *caller)
{
    struct iovec part = {caller->xstate, caller->xstate_size};
    struct user_regs_struct registers = caller->thread.registers;
    thread_restart_call(&registers);
    ptrace(PTRACE_SETREGSET, caller->thread.tid, NT_X86_XSTATE, &part);
    ptrace(PTRACE_SETSIGMASK, caller->thread.tid, sizeof(caller->mask), &caller->mask);
    ptrace(PTRACE_SETREGS, caller->thread.tid, 0, &registers);
    ptrace(PTRACE_DETACH, caller->thread.tid, 0, 0);
}

/* After a signal the registers are put back at once; what still runs finds back by itself. */
void caller_give_up(struct caller *caller)
{
    siginfo_t signal;
    struct user_regs_struct registers;
    if (ptrace(PTRACE_GETSIGINFO, caller->thread.tid, 0, &signal) == 0 &&
        signal.si_code != SI_USER &&
        ptrace(PTRACE_GETREGS, caller->thread.tid, 0, &registers) == 0) {
        put_back(caller);
        return;
    }
    int status;
    ptrace(PTRACE_INTERRUPT, caller->thread.tid, 0, 0);
    if (thread_await(caller->thread.tid, &status, PATIENCE_S))
        ptrace(PTRACE_DETACH, caller->thread.tid, 0, 0);
}

/* The thread is at the end of a function, which is left out. */
static void leave(struct caller *caller)
{
    int status;
    struct user_regs_struct registers = caller->thread.registers;
    registers.orig_rax = call_left_out(caller);
    registers.rax = 0;
    registers.rip = caller->thread.sigreturn;
    registers.rsp = caller->home;
    ptrace(PTRACE_INTERRUPT, caller->thread.tid, 0, 0);
    if (ptrace(PTRACE_SETREGS, caller->thread.tid, 0, &registers) != 0 ||
        ptrace(PTRACE_CONT, caller->thread.tid, 0, 0) != 0)
        return;
    while (thread_await(caller->thread.tid, &status, PATIENCE_S)) {
        if (status >> 16 == PTRACE_EVENT_STOP) {
            put_back(caller);
            return;
        }
        ptrace(PTRACE_CONT, caller->thread.tid, 0, 0);
    }
}

/* Calls FUNCTION on the thread's own stack. False with *ERROR set: the thread has been given up. */
static bool call_at_home(struct caller *caller, const struct user_regs_struct *registers,
                         int64_t *result, struct error *error)
{
    *result = -ENOSYS;
    return call(caller, caller->home, registers, result, error);
}

/* Its size is set from here: in the process a limit of a file's size would be a signal. */
static bool size_memory(const struct caller *caller, int fd)
{
    const int mine = target_take_fd(caller->thread.pid, fd);
    const bool ok = mine >= 0 && ftruncate(mine, CALL_MEMORY) == 0;
    if (mine >= 0)
        close(mine);
    return ok;
}

static bool refuse_memory(struct caller *caller, int why, struct error *error)
{
    error_set(error, "no memory can be mapped in it: %s", strerror(why));
    leave(caller);
    return false;
}

/* The file, open in the process as *FD. */
static bool make_memory(struct caller *caller, int64_t *fd, struct error *error)
{
    static const char name[NAME_ROOM] = CALL_MEMORY_NAME;
    const uint64_t at = caller->thread.registers.rsp - RED_ZONE - NAME_ROOM;
    const struct user_regs_struct wanted = {
        .rip = caller->syscall, .rdi = SYS_memfd_create, .rsi = at, .rdx = MFD_CLOEXEC};
    if (!target_write(caller->thread.images->memory, at, name, sizeof(name)))
        return refuse_memory(caller, errno, error);
    if (!call_at_home(caller, &wanted, fd, error))
        return false;
    return *fd >= 0 || refuse_memory(caller, (int)-*fd, error);
}

static bool map_memory(struct caller *caller, struct error *error)
{
    int64_t fd, mapped = 0, closed;
    if (!make_memory(caller, &fd, error))
        return false;
    const struct user_regs_struct map = {.rip = caller->map,
                                         .rdi = 0,
                                         .rsi = CALL_MEMORY,
                                         .rdx = PROT_READ | PROT_WRITE,
                                         .rcx = MAP_PRIVATE | MAP_NORESERVE,
                                         .r8 = (uint64_t)fd,
                                         .r9 = 0};
    const struct user_regs_struct shut = {
        .rip = caller->syscall, .rdi = SYS_close, .rsi = (uint64_t)fd};
    const int why = size_memory(caller, (int)fd) ? 0 : errno;
    if ((!why && !call_at_home(caller, &map, &mapped, error)) ||
        !call_at_home(caller, &shut, &closed, error))
        return false;
    if (why || (mapped > -4096 && mapped < 0))
        return refuse_memory(caller, why ? why : (int)-mapped, error);
    caller->memory = (uint64_t)mapped;
    return true;
}

static bool find_functions(struct caller *caller, struct error *error)
{
    static const uint8_t code[] = {0x48, 0xc7, 0xc0, SYS_rt_sigreturn, 0, 0, 0, 0x0f, 0x05};
    const struct target_images *images = caller->thread.images;
    struct target_image library;
    if (!target_find(images, "gnu_get_libc_version", &library)) {
        error_set(error, "its C library is not the GNU C library");
        return false;
    }
    caller->syscall = target_symbol(images, &library, "syscall");
    caller->map = target_symbol(images, &library, "mmap");
    caller->thread.sigreturn = target_find_code(images, &library, code, sizeof(code));
    if (!caller->syscall || !caller->map || !caller->thread.sigreturn)
        error_set(error, "its C library has not the functions that are needed");
    return caller->syscall && caller->map && caller->thread.sigreturn;
}

/* Takes a thread, any that can be. */
static bool take(struct caller *caller, struct error *error)
{
    caller->left = false;
    if (!pick_thread(&caller->thread, error))
        return false;
    const bool known =
        ptrace(PTRACE_GETSIGMASK, caller->thread.tid, sizeof(caller->mask), &caller->mask) == 0 &&
        keep_xstate(caller);
    caller->home =
        known ? write_frame(caller, caller->thread.registers.rsp - RED_ZONE - NAME_ROOM) : 0;
    if (caller->home)
        return true;
    error_set(error, "there is no room on the stack of its thread %d", (int)caller->thread.tid);
    thread_release(caller->thread.tid);
    return false;
}

bool caller_begin(struct caller *caller, struct error *error)
{
    return find_functions(caller, error) && take(caller, error) && map_memory(caller, error);
}

bool caller_return(struct caller *caller, struct error *error)
{
    return !caller->left || take(caller, error);
}

/* Each on a stack that is empty. */
static bool call_on_memory(struct caller *caller, const struct user_regs_struct *registers,
                           int64_t *result, struct error *error)
{
    if (!caller_return(caller, error))
        return false;
    const uint64_t frame = write_frame(caller, caller->memory + CALL_MEMORY);
    if (frame)
        return call(caller, frame, registers, result, error);
    error_set(error, "the process has ended meanwhile");
    return false;
}

bool caller_call(struct caller *caller, uint64_t function, uint64_t a, uint64_t b, uint64_t c,
                 struct error *error)
{
    const struct user_regs_struct wanted = {.rip = function, .rdi = a, .rsi = b, .rdx = c};
    int64_t result;
    return call_on_memory(caller, &wanted, &result, error);
}

int64_t caller_syscall(struct caller *caller, long number, uint64_t a, uint64_t b, uint64_t c,
                       uint64_t d)
{
    const struct user_regs_struct wanted = {
        .rip = caller->syscall, .rdi = (uint64_t)number, .rsi = a, .rdx = b, .rcx = c, .r8 = d};
    int64_t result = -ESRCH;
    struct error error;
    return call_on_memory(caller, &wanted, &result, &error) ? result : -ESRCH;
}

void caller_end(struct caller *caller)
{
    const struct user_regs_struct wanted = {
        .rip = caller->syscall, .rdi = SYS_munmap, .rsi = caller->memory, .rdx = CALL_MEMORY};
    int64_t result;
    struct error error;
    if (caller_return(caller, &error) && call(caller, caller->home, &wanted, &result, &error))
        leave(caller);
}
