/* repeated_text.h - parts of descriptions, many times: as many as there may be, or more. */
/* SPDX-License-Identifier: MIT */
#ifndef LIFEGUARD_REPEATED_TEXT_H
#define LIFEGUARD_REPEATED_TEXT_H

#define NAMES_8        "a b c d e f g h "
#define NAMES_32       NAMES_8 NAMES_8 NAMES_8 NAMES_8
#define FUNCTION       "f = destroy pool=a0\n"
#define NTH(n)         "f" #n " = destroy pool=a0\n"
#define NTH_4(n)       NTH(n##0) NTH(n##1) NTH(n##2) NTH(n##3)
#define NTH_16(n)      NTH_4(n##0) NTH_4(n##1) NTH_4(n##2) NTH_4(n##3)
#define TIMES_2(text)  text text
#define TIMES_4(text)  text text text text
#define TIMES_16(text) TIMES_4(TIMES_4(text))

#endif
