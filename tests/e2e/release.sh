# For test scripts to source, after lib.sh and work: programs of another release of Debian or Ubuntu, in
# a tree of their own, with that release's C library and what the command needs there.
#
#   need_release RELEASE NAME PACKAGE...   unpacks them into $root, $BUILD/RELEASE.NAME, or skips the script
#   release_fetch RELEASE NAME PACKAGE...  the same, but fails, and leaves why in $why
#   $WORK/inside COMMAND...                runs it there, with $BUILD and $WORK at the same place; as the
#                                          user and group in $INSIDE_AS, where that is set
#
# Ubuntu's come from the mirror that UBUNTU_MIRROR names, signed by the keys in the file UBUNTU_KEYRING.
# SPDX-License-Identifier: MIT

write_inside()
{
    cat >"$WORK/inside" <<END && chmod +x "$WORK/inside"
#!/bin/bash
exec unshare --mount bash -ec 'mount -t proc proc "$root/proc"; mount --rbind /dev "$root/dev"
    mkdir -p "$root$BUILD" "$root$WORK"
    mount --bind "$BUILD" "$root$BUILD"; mount --bind "$WORK" "$root$WORK"
    exec chroot \${INSIDE_AS:+--userspec=\$INSIDE_AS} "$root" "\$@"' - "\$@"
END
}

# The packages that the libraries of the command are in; time_t is wider in newer releases' names.
release_libraries()
{
    local dw=libdw1t64 http=libmicrohttpd12t64
    case $1 in bullseye | bookworm | jammy) dw=libdw1 http=libmicrohttpd12 ;; esac
    echo "$dw" "$http" libjansson4 libinih1 libncursesw6 libunwind8
}

release_fetch()
{
    local release=$1 name=$2
    shift 2
    root=$BUILD/$release.$name
    if [ "$(id -u)" -ne 0 ]; then
        why='only root may change the root directory'
    elif ! unshare --mount true 2>/dev/null; then
        why='nothing can be mounted here'
    elif grep -q "^VERSION_CODENAME=$release" /etc/os-release; then
        why="this is $release"
    else
        why=$(timeout $((${SOAK:-0} ? 600 : 60)) "$SOURCE/tests/e2e/programs/fetch_release" "$release" "$root" \
            "$@" $(release_libraries "$release") 2>&1) && at_exit eval "rmdir \"$root$WORK\" 2>/dev/null" &&
            write_inside && return
        why=${why:-$release takes too long to fetch}
    fi
    return 1
}

need_release()
{
    release_fetch "$@" || skip_all "$why"
}
