# For gdb, on a process or a core file: which pool and allocation an address is or was in, by a
# recording of it.
#
#     (gdb) source samples/gdb/lifeguard.gdb
#     (gdb) lifeguard-where DIR EXPRESSION
#
# LIFEGUARD in the environment is the command, where it is not in the PATH. Of a core the recording's
# processes are all asked; of a process it is that one.

define lifeguard-where
  python lifeguard_where("$arg0", "$arg1")
end

document lifeguard-where
lifeguard-where DIR EXPRESSION: which pool and allocation the address is or was in.
end

python
import os, subprocess

def lifeguard_where(directory, expression):
    address = int(gdb.parse_and_eval(expression).cast(gdb.lookup_type("unsigned long long")))
    pid = gdb.selected_inferior().pid
    command = [os.environ.get("LIFEGUARD", "lifeguard"), "where", directory, hex(address)]
    if pid > 0 and os.path.exists("/proc/%d" % pid):
        command.insert(2, "--pid=%d" % pid)
    gdb.write(subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             universal_newlines=True).stdout)
end
