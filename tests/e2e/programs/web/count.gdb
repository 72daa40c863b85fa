# For gdb: runs a program that is recorded, and prints at its end how often it entered each of the
# functions in $FUNCTIONS: "entered NAME N". They are counted from the first call of $START on, which
# the program makes itself, when the recorder has patched them.
set breakpoint pending on
set debuginfod enabled off
set startup-with-shell off
set print thread-events off
handle SIGTERM SIGHUP SIGUSR1 SIGUSR2 SIGWINCH SIGQUIT SIGPIPE SIGCHLD SIGALRM SIGIO nostop noprint pass
python
import os
entered = {}

class Entry(gdb.Breakpoint):
    """A signal that comes while gdb steps over the breakpoint makes it stop there twice: the same
    thread, with the same in all its registers."""
    last = {}

    def __init__(self, function):
        super().__init__("*" + function)
        self.function = function
        entered[function] = 0

    def stop(self):
        frame, thread = gdb.newest_frame(), gdb.selected_thread().num
        now = [int(frame.read_register(name)) for name in
               "rip rsp rax rbx rcx rdx rsi rdi rbp r8 r9 r10 r11 r12 r13 r14 r15".split()]
        if Entry.last.get(thread) != now:
            Entry.last[thread] = now
            entered[self.function] += 1
        return False

gdb.execute("tbreak " + os.environ["START"])
gdb.execute("run")
for function in os.environ["FUNCTIONS"].split():
    Entry(function)
gdb.execute("continue")
for function, count in entered.items():
    print("entered", function, count)
end
