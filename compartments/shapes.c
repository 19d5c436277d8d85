/* shapes.c - the tables of critical calls and of payloads' shapes. A new one is a line, and its
 * steps above. */
#include "shapes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS(name, ...) static const char *const name[] = { __VA_ARGS__, NULL }

/* clang-format off */
const char *const sensitive_calls[] = {
    "accept", "accept4", "bind", "chmod", "clone", "connect", "execve", "execveat", "fork", "listen", "mprotect", "ptrace",
    "recvfrom", "sendto", "setgid", "setreuid", "setuid", "socket", NULL
};

/* i386 has socketcall(2) in place of all that is done with sockets. */
#define EXECUTE "execve|execveat"
#define SOCKET  "socket|socketcall"
#define GIVE    "dup|dup2|dup3|fcntl|fcntl64"

STEPS(spawn_shell, EXECUTE);
STEPS(connect_back, SOCKET, "connect|socketcall");
STEPS(connect_back_shell, SOCKET, "connect|socketcall", GIVE, EXECUTE);
STEPS(listen_for, SOCKET, "bind|socketcall", "listen|socketcall", "accept|accept4|socketcall");
STEPS(listen_shell, SOCKET, "bind|socketcall", "listen|socketcall", "accept|accept4|socketcall", GIVE, EXECUTE);
STEPS(write_execute, "open|openat|openat2|creat|memfd_create",
      "write|writev|pwrite64|pwritev|pwritev2|sendfile|sendfile64|splice|copy_file_range", EXECUTE);
STEPS(change_identity, "setuid|setreuid|setresuid|setgid|setregid|setresgid|setgroups|setuid32|setreuid32|setresuid32|"
      "setgid32|setregid32|setresgid32|setgroups32");
STEPS(inject, "ptrace|process_vm_writev");

const struct shape shapes[] = {
    { "spawn-shell", "run a shell in place of the program", "Metasploit: linux/x64/exec", spawn_shell },
    { "connect-back", "connect to the attacker, for more code", "Metasploit: linux/x86/shell/reverse_tcp", connect_back },
    { "connect-back-shell", "the same, and run a shell on that connection", "Metasploit: linux/x86/shell_reverse_tcp", connect_back_shell },
    { "listen", "wait for the attacker, for more code", "Metasploit: linux/x86/shell/bind_tcp", listen_for },
    { "listen-shell", "the same, and run a shell on that connection", "Metasploit: linux/x86/shell_bind_tcp", listen_shell },
    { "write-execute", "write a file and run it", "Metasploit: command stagers", write_execute },
    { "change-identity", "become another user", "Metasploit: PrependSetuid and its like", change_identity },
    { "inject", "write code into another process", "ptrace(2), process_vm_writev(2)", inject },
};
/* clang-format on */

const size_t shape_count = sizeof(shapes) / sizeof(*shapes);

static bool is_of_step(const char *step, const char *name)
{
    const size_t length = strlen(name);

    for (const char *call = step; call; call = strchr(call, '|')) {
        call += *call == '|';
        if (!strncmp(call, name, length) && (call[length] == '|' || !call[length]))
            return true;
    }
    return false;
}

static bool has_step(const char *step, const struct allowlist *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (is_of_step(step, list->calls[i].name))
            return true;
    return false;
}

char *shape_steps(const struct shape *shape)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    if (!file)
        return NULL;
    for (const char *const *step = shape->steps; *step; step++)
        fprintf(file, "%s%s", step == shape->steps ? "" : " ", *step);
    if (!fclose(file))
        return text;
    free(text);
    return NULL;
}

bool shape_is_possible(const struct shape *shape, const struct allowlist *list)
{
    for (const char *const *step = shape->steps; *step; step++)
        if (!has_step(*step, list))
            return false;
    return true;
}
