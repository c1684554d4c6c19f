package parley.client

import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** Doubles from a second up to half a minute, and half of it is random: clients do not come back as one. */
internal fun backOff(failures: Int): Duration {
    val whole = (1.seconds * (1 shl failures.coerceAtMost(5))).coerceAtMost(30.seconds)
    return whole * (0.5 + Random.nextDouble() / 2)
}
