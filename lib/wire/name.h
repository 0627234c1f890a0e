/*
 * name: what a user may be called, and when two spellings are one user.
 *
 * A name is UTF-8 that can be seen, told apart and put into a URL.  Spellings
 * that differ in ASCII case alone are the same user; the folded one, all lower
 * case, is the key that tables use.  Called by room: where users join, are
 * written to, and are kept; and by token.  Not here: percent-encoding, which is
 * in http.h.
 *
 * Folding loses no more than fits one word, so a user is kept as the folded
 * name and 64 bits, from which the spelling of any window can be made again:
 *
 *     spelling    B  o  b  B           fold()     b  o  b  b
 *                                      case()     1  0  0  1    bit 0 first
 *                                      unfold()   B  o  b  B
 */
#ifndef CHAT_NAME_H
#define CHAT_NAME_H

#include <stddef.h>
#include <stdint.h>

#define CHAT_NAME_MAX             64 /* bytes */
#define CHAT_NAME_MAX_CODE_POINTS 32

/*
 * May the n bytes at p be a name?  Returns CHAT_OK, or
 * CHAT_ERR_UTF8: they are not UTF-8;
 * CHAT_ERR_NAME: they are, but there is no code point or there are more than
 * 32, or more than 64 bytes, or one that is not allowed.  Not allowed are the
 * categories Cc, Cf, Co, Cs, Zl and Zp, noncharacters, Zs except for single
 * U+0020 between others, what shows nothing (Default_Ignorable_Code_Point, and
 * U+2800 and U+1D159) except for a variation selector after what is neither
 * ASCII nor another one, any of / ? # %, and the names "." and "..".
 */
int chat_name_check(const char *p, size_t n);

/* Writes the n bytes at p with A-Z turned to a-z.  dst may be p. */
void chat_name_fold(char *dst, const char *p, size_t n);

/* What folding loses: bit i is set if byte i is one of A-Z.  n is at most
 * CHAT_NAME_MAX. */
uint64_t chat_name_case(const char *p, size_t n);

/* Writes the spelling back from a folded name of n bytes, at most
 * CHAT_NAME_MAX, and what chat_name_case() said of it.  dst may be folded. */
void chat_name_unfold(char *dst, const char *folded, size_t n, uint64_t upper);

/* The order of users: that of the bytes of their folded names as unsigned
 * numbers, and a name comes before those that begin with it.  Takes any
 * spelling.  Returns < 0, 0 (the same user) or > 0. */
int chat_name_compare(const char *a, size_t an, const char *b, size_t bn);

#endif
