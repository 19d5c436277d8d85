/* remote.c - packets of gdb's remote protocol: "$text#checksum", each acknowledged by "+". */
#include "sampled.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    PATIENCE = 60000,    /* milliseconds */
    PACKET_MAX = 0x4000, /* bytes of text */
    MEMORY_MAX = (PACKET_MAX - 16) / 2,
};

struct connection {
    int fd;
    const struct sampled *sampled;
    char received[PACKET_MAX];
    size_t size, taken; /* of what was received, and how much of it was used */
    char packet[PACKET_MAX], answer[PACKET_MAX];
    uint8_t memory[MEMORY_MAX];
};

/* The next byte; negative errno, -EPIPE at the end. */
static int next_byte(struct connection *c)
{
    if (c->taken == c->size) {
        struct pollfd ready = { .fd = c->fd, .events = POLLIN };
        int result;
        while ((result = poll(&ready, 1, PATIENCE)) < 0 && errno == EINTR)
            ;
        if (result <= 0)
            return -ETIMEDOUT;
        ssize_t got = recv(c->fd, c->received, sizeof(c->received), 0);
        if (got <= 0)
            return -EPIPE;
        c->size = (size_t)got;
        c->taken = 0;
    }
    return (uint8_t)c->received[c->taken++];
}

/* The text of the next packet; 0 or a negative errno. */
static int receive(struct connection *c)
{
    size_t size = 0;
    int byte;

    do {
        byte = next_byte(c);
    } while (byte >= 0 && byte != '$'); /* acknowledgements, ^C */
    while (byte >= 0 && (byte = next_byte(c)) >= 0 && byte != '#') {
        if (size + 1 == sizeof(c->packet))
            return -E2BIG;
        c->packet[size++] = (char)byte;
    }
    c->packet[size] = '\0';
    for (int i = 0; byte >= 0 && i < 2; i++) /* the checksum: the socket makes no errors */
        byte = next_byte(c);
    return byte < 0 ? byte : 0;
}

static int send_answer(const struct connection *c)
{
    char text[PACKET_MAX + 8];
    uint8_t sum = 0;

    for (const char *p = c->answer; *p; p++)
        sum += (uint8_t)*p;
    int size = snprintf(text, sizeof(text), "+$%s#%02x", c->answer, sum);
    return send(c->fd, text, (size_t)size, MSG_NOSIGNAL) == size ? 0 : -EPIPE;
}

static char *put_hex(char *text, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        text += sprintf(text, "%02x", ((const uint8_t *)bytes)[i]);
    return text;
}

/* In the order of gdb's description of i386:x86-64 (gdb/features/i386/64bit-core.xml), which ends
 * with more than we have to say. */
static void answer_registers(struct connection *c)
{
    const struct user_regs_struct *r = &c->sampled->registers;
    const unsigned long long wide[] = { r->rax, r->rbx, r->rcx, r->rdx, r->rsi, r->rdi,
                                        r->rbp, r->rsp, r->r8,  r->r9,  r->r10, r->r11,
                                        r->r12, r->r13, r->r14, r->r15, r->rip };
    const uint32_t narrow[] = { (uint32_t)r->eflags, (uint32_t)r->cs, (uint32_t)r->ss,
                                (uint32_t)r->ds,     (uint32_t)r->es, (uint32_t)r->fs,
                                (uint32_t)r->gs };

    put_hex(put_hex(c->answer, wide, sizeof(wide)), narrow, sizeof(narrow));
}

static void answer_memory(struct connection *c)
{
    uint64_t address;
    size_t size;

    if (sscanf(c->packet, "m%" SCNx64 ",%zx", &address, &size) != 2)
        return;
    ssize_t got = c->sampled->target->read(c->sampled->target->context, address, c->memory,
                                           size < MEMORY_MAX ? size : MEMORY_MAX);
    if (got > 0)
        put_hex(c->answer, c->memory, (size_t)got);
    else
        strcpy(c->answer, "E01");
}

/* /proc/TID/auxv, in the few hundred bytes that it has. In an answer to qXfer, bytes that mean
 * something to the protocol are written as '}' and the byte ^ 0x20; zeros, which would end our
 * text, as well. */
static void answer_auxv(struct connection *c)
{
    char path[64], *text = c->answer;
    uint8_t bytes[1024];

    snprintf(path, sizeof(path), "/proc/%d/auxv", (int)c->sampled->tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));
    if (fd >= 0)
        close(fd);
    *text++ = 'l';
    for (ssize_t i = 0; i < got; i++) {
        bool escaped = !bytes[i] || strchr("#$}*", bytes[i]);
        if (escaped)
            *text++ = '}';
        *text++ = (char)(escaped ? bytes[i] ^ 0x20 : bytes[i]);
    }
    *text = '\0';
}

static bool begins(const struct connection *c, const char *text)
{
    return !strncmp(c->packet, text, strlen(text));
}

/* The empty answer, for what is not known, is an answer. */
static void make_answer(struct connection *c)
{
    memset(c->answer, 0, sizeof(c->answer));
    if (begins(c, "qSupported"))
        sprintf(c->answer, "PacketSize=%x;qXfer:auxv:read+", PACKET_MAX - 8);
    else if (begins(c, "qXfer:auxv:read:"))
        answer_auxv(c);
    else if (begins(c, "qAttached"))
        strcpy(c->answer, "1");
    else if (begins(c, "qC"))
        sprintf(c->answer, "QC%x", (unsigned)c->sampled->tid);
    else if (begins(c, "qfThreadInfo"))
        sprintf(c->answer, "m%x", (unsigned)c->sampled->tid);
    else if (begins(c, "qsThreadInfo"))
        strcpy(c->answer, "l");
    else if (begins(c, "?"))
        sprintf(c->answer, "T05thread:%x;", (unsigned)c->sampled->tid);
    else if (begins(c, "H") || begins(c, "T") || begins(c, "D"))
        strcpy(c->answer, "OK");
    else if (begins(c, "g"))
        answer_registers(c);
    else if (begins(c, "m"))
        answer_memory(c);
}

static int accept_patiently(int fd)
{
    struct pollfd ready = { .fd = fd, .events = POLLIN };
    int result;

    while ((result = poll(&ready, 1, PATIENCE)) < 0 && errno == EINTR)
        ;
    return result <= 0 ? -ETIMEDOUT : accept4(fd, NULL, NULL, SOCK_CLOEXEC);
}

int remote_serve(int fd, const struct sampled *sampled)
{
    struct connection *c = calloc(1, sizeof(*c));
    int error;

    if (!c)
        return -ENOMEM;
    c->sampled = sampled;
    c->fd = accept_patiently(fd);
    error = c->fd < 0 ? c->fd : 0;
    while (!error && !(error = receive(c))) {
        make_answer(c);
        error = send_answer(c);
    }
    if (c->fd >= 0)
        close(c->fd);
    free(c);
    return error == -EPIPE ? 0 : error;
}
