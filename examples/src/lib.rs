//! Short programs that use vmbroker on the simulated clouds. Each file in `src/bin` is one.
