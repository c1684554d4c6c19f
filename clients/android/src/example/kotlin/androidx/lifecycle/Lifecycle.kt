/** Stands in for AndroidX Lifecycle, so that the examples compile where Android's libraries are not: as much of it as they name. */
package androidx.lifecycle

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.coroutineScope

interface LifecycleOwner {
    val scope: CoroutineScope
}

object Lifecycle {
    enum class State { CREATED, STARTED, RESUMED }
}

val LifecycleOwner.lifecycleScope: CoroutineScope get() = scope

/** Here the app is always in front. */
@Suppress("UnusedReceiverParameter", "UNUSED_PARAMETER")
suspend fun LifecycleOwner.repeatOnLifecycle(state: Lifecycle.State, block: suspend CoroutineScope.() -> Unit) = coroutineScope(block)
