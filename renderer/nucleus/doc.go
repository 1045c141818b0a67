// Package nucleus finds the minibrot that a view is about: its period, its nucleus, its size and orientation. The nucleus of a
// component of the Mandelbrot set is the c in its middle whose orbit comes back to 0, exactly, after the period.
//
// # Period
//
// The points of a small disc around c move together: after n steps they are near z_n + delta*dz_n/dc for delta up to the
// disc's radius r. The first n at which that takes in 0, |z_n| < |dz_n/dc| r, is the least period of a nucleus in the
// disc, as long as the disc is small for n steps to keep it round. It is R. Munafo's box method with a disc to first order in
// place of a polygon (C. Heiland-Allen's ball method). Where Newton's method says otherwise the search goes on.
//
// # Nucleus
//
// Newton's method solves z_p(c) = 0. Each step doubles the bits that are right, so a step is made in as many bits as it
// can make good, and its derivative in as many as it gains: a gain of few bits takes a derivative in double precision, and
// the last step costs about as much as all before. It ends 40 bits, 12 decimals, below the size of the minibrot. How many bits
// a step gains follows from the length over which z_p(c) bends, which is about the distance of the nearest nucleus of a
// period below p: the orbit passes close to 0 there, and that is what makes its derivative change.
//
// # Size
//
// Near its nucleus z_p(c + delta) is a copy of z -> z^2 + c, turned and scaled by s = 1/(l dz_p/dc) with l the product of
// 2 z_k for 0 < k < p: the minibrot is to s as the whole set is to 1. (Heiland-Allen's "Deriving the size estimate", 2016,
// has 1/(b l^2), and b l is dz_p/dc.) The same s is the scale of the approximation terms of package deep.
// The domain, the atom domain of the literature, is that of the points whose orbits come closest to 0 at step p; its size is
// the least |z_k| before that, over |dz_p/dc|.
package nucleus
