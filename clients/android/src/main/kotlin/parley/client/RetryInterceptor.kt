package parley.client

import java.io.IOException
import java.io.InterruptedIOException
import kotlin.random.Random
import okhttp3.Interceptor
import okhttp3.Request
import okhttp3.Response

/**
 * Tries again where that can do no harm: after 429, which did nothing, and 503, which may be tried again (contract section 1); of these, only
 * requests that have the same effect done twice. Waits on the calling thread, [LONGEST_MS] at most: a longer `Retry-After` is told to the caller at once.
 */
internal object RetryInterceptor : Interceptor {
    private const val TRIES = 3
    private const val FIRST_MS = 500L
    private const val LONGEST_MS = 5_000L

    /** POSTs that may be repeated: a message has an id of its own, the others set something. */
    private val repeatable = Regex(".*/(messages|read|star|block|react|sync|refresh)")

    override fun intercept(chain: Interceptor.Chain): Response {
        var response = chain.proceed(chain.request())
        for (attempt in 1 until TRIES) {
            val wait = waitMs(response, attempt) ?: break
            if (!isRepeatable(chain.request())) break
            response.close()
            pause(wait)
            if (chain.call().isCanceled()) throw IOException("Canceled")
            response = chain.proceed(chain.request())
        }
        return response
    }

    private fun waitMs(response: Response, attempt: Int): Long? {
        if (response.code != 429 && response.code != 503) return null
        val wait = response.retryAfterMs ?: (FIRST_MS shl (attempt - 1)).let { it / 2 + Random.nextLong(it) }
        return wait.takeIf { it <= LONGEST_MS }
    }

    private fun isRepeatable(request: Request): Boolean =
        request.body?.isOneShot() != true &&
            (request.method != "POST" || repeatable.matches(request.url.encodedPath))

    private fun pause(ms: Long) = try {
        Thread.sleep(ms)
    } catch (_: InterruptedException) {
        Thread.currentThread().interrupt()
        throw InterruptedIOException("interrupted")
    }
}
