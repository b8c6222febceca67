/* SPDX-License-Identifier: ISC */
/*
 * seccomp-compile.c - a seccomp.def to BPF, as an array in C.
 *
 * Runs in:  the build.  libseccomp is needed here and nowhere else: loading
 *           it for each connection would cost more than the filter does.
 * Refuses:  a name that libseccomp knows on no architecture.
 *
 *	seccomp-compile [FILE]
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef __s390x__
#error mmap takes its arguments in memory here, where no filter can see them
#endif

struct call {
	const char *name;
	unsigned int conditions;
	struct scmp_arg_cmp condition[2];
};

#define WHERE(argument, mask, value)                                           \
	{                                                                      \
		argument, SCMP_CMP_MASKED_EQ, mask, value                      \
	}
#define CALL(name) { #name, 0, { { 0 } } },
#define CALL_IF(name, argument, mask, value)                                   \
	{ #name, 1, { WHERE(argument, mask, value) } },
#define CALL_IF2(name, a, a_mask, a_value, b, b_mask, b_value)                 \
	{ #name, 2, { WHERE(a, a_mask, a_value), WHERE(b, b_mask, b_value) } },

static const struct call calls[] = {
#include "seccomp.def"
};

static _Noreturn void
die(const char *what, int error)
{
	fprintf(stderr, "seccomp-compile: %s: %s\n", what, strerror(error));
	exit(1);
}

static void
set(scmp_filter_ctx filter, enum scmp_filter_attr attribute, uint32_t value)
{
	int r = seccomp_attr_set(filter, attribute, value);

	if (r != 0)
		die("filter attribute", -r);
}

static void
allow(scmp_filter_ctx filter, const struct call *call)
{
	int number = seccomp_syscall_resolve_name(call->name);
	int r;

	if (number == __NR_SCMP_ERROR) {
		fprintf(stderr, "seccomp.def: %s: no such call\n", call->name);
		exit(1);
	}
	/* not the _exact one: a call of another architecture is left out */
	r = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number,
	    call->conditions, call->condition);
	if (r != 0)
		die(call->name, -r);
}

static scmp_filter_ctx
make_filter(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	size_t i;

	if (filter == NULL)
		die("filter", ENOMEM);
	set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	/* a tree: the kernel walks it for each of its calls when it loads it */
	set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		allow(filter, &calls[i]);
	return (filter);
}

static FILE *
to_bpf(scmp_filter_ctx filter)
{
	FILE *program = tmpfile();
	int r;

	if (program == NULL)
		die("temporary file", errno);
	r = seccomp_export_bpf(filter, fileno(program));
	if (r != 0)
		die("export", -r);
	rewind(program);
	return (program);
}

static void
print(FILE *program, FILE *out)
{
	struct sock_filter step;

	fputs("/* seccomp-compile made this of seccomp.def */\n"
	      "static const struct sock_filter seccomp_filter[] = {\n",
	    out);
	while (fread(&step, sizeof(step), 1, program) == 1)
		fprintf(out, "\t{ 0x%02x, %u, %u, 0x%08x },\n", step.code,
		    step.jt, step.jf, step.k);
	fputs("};\n", out);
	if (ferror(program) || fclose(out) != 0)
		die("output", errno);
}

int
main(int argc, char *argv[])
{
	scmp_filter_ctx filter = make_filter();
	FILE *program = to_bpf(filter);
	FILE *out = argc > 1 ? fopen(argv[1], "w") : stdout;

	if (out == NULL)
		die(argv[1], errno);
	print(program, out);
	fclose(program);
	seccomp_release(filter);
	return (0);
}
