// The Mandelbrot kernel in C with AVX-512 intrinsics, tuned by hand: what BenchmarkBesideC measures the package
// against. The method is the package's, since every other that was tried in C is slower: the first steps tested one by
// one, then blocks of steps of eight vectors side by side that are tested at their ends, points that leave in a block
// refined together by halving, points that stay moved up.
//
// It reads lines "re im radius side limit repeats", iterates a square of side*side points so many times and answers
// with the processor time in seconds of one time and a checksum of the results.
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { CHUNK = 2048, SLOTS = CHUNK + 72, MAX_SIDE = 512, FIRST = 8, WIDE = 8, NARROW = 4, REFINERS = 4, IDLE = 32 };
#define UNROLL _Pragma("GCC unroll 16")
#define ALWAYS static inline __attribute__((always_inline))

typedef __m512d vec;

static struct {
	double x[SLOTS], y[SLOTS], cx[SLOTS], cy[SLOTS];
	int64_t index[SLOTS];
	double left_x[SLOTS], left_y[SLOTS], left_cx[SLOTS], left_cy[SLOTS];
	int64_t left_base[SLOTS], left_index[SLOTS];
} field;

static double re[MAX_SIDE * MAX_SIDE], im[MAX_SIDE * MAX_SIDE], norms[MAX_SIDE * MAX_SIDE];
static int32_t counts[MAX_SIDE * MAX_SIDE];

static double radius2 = 4;
static long left, limit;

ALWAYS void step(vec *x, vec *y, const double *cx, const double *cy) {
	vec rest = _mm512_fnmadd_pd(*y, *y, _mm512_loadu_pd(cx));
	vec twice = _mm512_add_pd(*x, *x);
	*y = _mm512_fmadd_pd(*y, twice, _mm512_loadu_pd(cy));
	*x = _mm512_fmadd_pd(*x, *x, rest);
}

ALWAYS vec norm2(vec x, vec y) { return _mm512_fmadd_pd(x, x, _mm512_mul_pd(y, y)); }

ALWAYS __mmask8 inside(vec norm) { return _mm512_cmp_pd_mask(norm, _mm512_set1_pd(radius2), _CMP_LE_OQ); }

ALWAYS void pack(void *to, __mmask8 set, vec v) { _mm512_storeu_pd(to, _mm512_maskz_compress_pd(set, v)); }

ALWAYS void pack_from(void *to, __mmask8 set, const void *from) { pack(to, set, _mm512_loadu_pd(from)); }

ALWAYS void move(void *to, const void *from) { _mm512_storeu_pd(to, _mm512_loadu_pd(from)); }

// begin makes the first steps of n points, tests every one, and keeps the points that have not escaped.
static long begin(long at, long n) {
	long kept = 0;
	for (long i = at; i < at + n; i += 8 * NARROW) {
		vec x[NARROW], y[NARROW], norm[NARROW];
		__m512i count[NARROW];
		__mmask8 alive[NARROW];
		UNROLL for (int v = 0; v < NARROW; v++) {
			x[v] = y[v] = norm[v] = _mm512_setzero_pd();
			count[v] = _mm512_setzero_si512();
			alive[v] = 0xff;
		}
		for (int s = 0; s < FIRST; s += 4) {
			UNROLL for (int u = 0; u < 4; u++) UNROLL for (int v = 0; v < NARROW; v++) {
				count[v] = _mm512_mask_add_epi64(count[v], alive[v], count[v], _mm512_set1_epi64(1));
				step(&x[v], &y[v], re + i + 8 * v, im + i + 8 * v);
				vec square = norm2(x[v], y[v]);
				norm[v] = _mm512_mask_mov_pd(norm[v], alive[v], square);
				alive[v] = _mm512_mask_cmp_pd_mask(alive[v], square, _mm512_set1_pd(radius2), _CMP_LE_OQ);
			}
			if (!(alive[0] | alive[1] | alive[2] | alive[3])) break;
		}
		UNROLL for (int v = 0; v < NARROW; v++) {
			long j = i + 8 * v;
			_mm512_storeu_pd(norms + j, norm[v]);
			_mm256_storeu_si256((void *)(counts + j), _mm512_maskz_cvtepi64_epi32(~alive[v], count[v]));
			if (!alive[v]) continue;
			pack(field.x + kept, alive[v], x[v]);
			pack(field.y + kept, alive[v], y[v]);
			pack_from(field.cx + kept, alive[v], re + j);
			pack_from(field.cy + kept, alive[v], im + j);
			__m512i order = _mm512_add_epi64(_mm512_set1_epi64(j), _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0));
			pack(field.index + kept, alive[v], _mm512_castsi512_pd(order));
			kept += __builtin_popcount(alive[v]);
		}
	}
	return kept;
}

// block moves a group of vectors on and sorts its points into those that stay and those that leave.
ALWAYS long block(int vectors, long i, long kept, long steps, long base) {
	vec x[WIDE], y[WIDE];
	UNROLL for (int v = 0; v < vectors; v++) {
		x[v] = _mm512_loadu_pd(field.x + i + 8 * v);
		y[v] = _mm512_loadu_pd(field.y + i + 8 * v);
	}
	for (long s = steps; s > 0; s -= 4) {
		UNROLL for (int u = 0; u < 4; u++) UNROLL for (int v = 0; v < vectors; v++)
			step(&x[v], &y[v], field.cx + i + 8 * v, field.cy + i + 8 * v);
	}
	__mmask8 all = 0xff;
	UNROLL for (int v = 0; v < vectors; v++) all &= inside(norm2(x[v], y[v]));
	if (all == 0xff) {
		UNROLL for (int v = 0; v < vectors; v++) {
			_mm512_storeu_pd(field.x + kept + 8 * v, x[v]);
			_mm512_storeu_pd(field.y + kept + 8 * v, y[v]);
		}
		if (kept != i) {
			UNROLL for (int v = 0; v < vectors; v++) {
				move(field.cx + kept + 8 * v, field.cx + i + 8 * v);
				move(field.cy + kept + 8 * v, field.cy + i + 8 * v);
				move(field.index + kept + 8 * v, field.index + i + 8 * v);
			}
		}
		return kept + 8 * vectors;
	}
	UNROLL for (int v = 0; v < vectors; v++) {
		long j = i + 8 * v;
		__mmask8 stay = inside(norm2(x[v], y[v])), leave = ~stay;
		if (leave) {
			pack_from(field.left_x + left, leave, field.x + j);
			pack_from(field.left_y + left, leave, field.y + j);
			pack_from(field.left_cx + left, leave, field.cx + j);
			pack_from(field.left_cy + left, leave, field.cy + j);
			pack_from(field.left_index + left, leave, field.index + j);
			_mm512_storeu_si512(field.left_base + left, _mm512_set1_epi64(base));
			left += __builtin_popcount(leave);
		}
		if (!stay) continue;
		pack(field.x + kept, stay, x[v]);
		pack(field.y + kept, stay, y[v]);
		pack_from(field.cx + kept, stay, field.cx + j);
		pack_from(field.cy + kept, stay, field.cy + j);
		pack_from(field.index + kept, stay, field.index + j);
		kept += __builtin_popcount(stay);
	}
	return kept;
}

static __attribute__((noinline)) long advance(long n, long steps, long base) {
	long i = 0, kept = 0;
	for (; i + 8 * NARROW < n; i += 8 * WIDE) kept = block(WIDE, i, kept, steps, base);
	for (; i < n; i += 8 * NARROW) kept = block(NARROW, i, kept, steps, base);
	return kept - (i - n);
}

// refine finds where the points that left escaped, by halving the block.
static __attribute__((noinline)) void refine(long steps) {
	for (long i = 0; i < left; i += 8 * REFINERS) {
		vec x[REFINERS], y[REFINERS];
		__m512i count[REFINERS];
		UNROLL for (int v = 0; v < REFINERS; v++) {
			x[v] = _mm512_loadu_pd(field.left_x + i + 8 * v);
			y[v] = _mm512_loadu_pd(field.left_y + i + 8 * v);
			count[v] = _mm512_loadu_si512(field.left_base + i + 8 * v);
		}
		for (long among = steps, half; (half = among / 2) > 0; among -= half) {
			vec try_x[REFINERS], try_y[REFINERS];
			UNROLL for (int v = 0; v < REFINERS; v++) try_x[v] = x[v], try_y[v] = y[v];
			for (long s = half; s > 0; s--)
				UNROLL for (int v = 0; v < REFINERS; v++)
					step(&try_x[v], &try_y[v], field.left_cx + i + 8 * v, field.left_cy + i + 8 * v);
			UNROLL for (int v = 0; v < REFINERS; v++) {
				__mmask8 in = inside(norm2(try_x[v], try_y[v]));
				x[v] = _mm512_mask_mov_pd(x[v], in, try_x[v]);
				y[v] = _mm512_mask_mov_pd(y[v], in, try_y[v]);
				count[v] = _mm512_mask_add_epi64(count[v], in, count[v], _mm512_set1_epi64(half));
			}
		}
		UNROLL for (int v = 0; v < REFINERS; v++) {
			step(&x[v], &y[v], field.left_cx + i + 8 * v, field.left_cy + i + 8 * v);
			_mm512_storeu_pd(field.left_x + i + 8 * v, norm2(x[v], y[v]));
			_mm512_storeu_si512(field.left_base + i + 8 * v, count[v]);
		}
	}
	for (long i = 0; i < left; i++) {
		if (field.left_base[i] >= limit) continue;
		counts[field.left_index[i]] = field.left_base[i] + 1;
		norms[field.left_index[i]] = field.left_x[i];
	}
	left = 0;
}

static void iterate(long total) {
	for (long at = 0; at < total; at += CHUNK) {
		long n = begin(at, CHUNK), base = FIRST, padded = -1, longest = 0;
		while (n > 0 && base < limit) {
			long steps = 24;
			while (steps < 96 && steps * 16 < base) steps *= 2;
			if (steps > limit - base) steps = (limit - base + 3) / 4 * 4;
			if (n != padded) {
				memset(field.x + n, 0, 8 * IDLE);
				memset(field.y + n, 0, 8 * IDLE);
				memset(field.cx + n, 0, 8 * IDLE);
				memset(field.cy + n, 0, 8 * IDLE);
				padded = n;
			}
			n = advance(n, steps, base);
			base += steps;
			if (longest < steps) longest = steps;
			if (left >= 8 * REFINERS) refine(longest), longest = 0;
		}
		if (left > 0) refine(longest);
	}
}

static double seconds(void) {
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + 1e-9 * t.tv_nsec;
}

int main(void) {
	double x, y, r;
	int side, repeats;
	while (scanf("%lf %lf %lf %d %ld %d", &x, &y, &r, &side, &limit, &repeats) == 6) {
		long total = (long)side * side;
		if (side > MAX_SIDE || total % CHUNK != 0) return 1;
		for (long i = 0; i < total; i++) {
			re[i] = x + r * (2 * ((double)(i % side) + 0.5) / side - 1);
			im[i] = y - r * (2 * ((double)(i / side) + 0.5) / side - 1);
		}
		double start = seconds();
		for (int k = 0; k < repeats; k++) iterate(total);
		double took = (seconds() - start) / repeats;
		uint64_t sum = 0;
		for (long i = 0; i < total; i++) {
			uint64_t bits = 0;
			if (counts[i] != 0) memcpy(&bits, &norms[i], 8);
			sum = (sum * 31 + (uint64_t)counts[i]) * 31 + bits;
		}
		printf("%.9f %016llx\n", took, (unsigned long long)sum);
		fflush(stdout);
	}
	return 0;
}
