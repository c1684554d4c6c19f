package parley.client

import java.io.IOException
import java.util.concurrent.TimeUnit
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlinx.serialization.SerializationException
import kotlinx.serialization.json.decodeFromJsonElement
import kotlinx.serialization.json.jsonObject
import okhttp3.Interceptor
import okhttp3.Response
import parley.client.models.ApiError
import parley.client.models.ErrorCode
import parley.client.models.ErrorDetail

/**
 * The server refused. What did not reach it, or whose answer did not come back, is another [IOException].
 *
 * @property code what to decide by; `UNKNOWN` where this client is older than the code
 * @property message for people, in English; may change
 * @property details the fields that are not valid, with `VALIDATION_ERROR`
 * @property retryAfter when trying again makes sense, with 429 and some 503
 * @property status of HTTP; 0 where `/ws` said it
 * @property requestId to find the request in the server's logs
 */
class ParleyException(
    val code: ErrorCode,
    override val message: String,
    val details: List<ErrorDetail> = emptyList(),
    val retryAfter: Duration? = null,
    val status: Int = 0,
    val requestId: String? = null,
) : IOException(message)

/** Turns every answer that is an error into a [ParleyException]. Comes first of all interceptors, so that it sees what the others leave. */
internal object ErrorInterceptor : Interceptor {
    override fun intercept(chain: Interceptor.Chain): Response {
        val response = chain.proceed(chain.request())
        if (response.isSuccessful) return response
        throw response.use { it.toException() }
    }
}

internal fun Response.toException(): IOException {
    val error = try {
        ParleyJson.parseToJsonElement(body.string()).jsonObject["error"]
            ?.let { ParleyJson.decodeFromJsonElement<ApiError>(it) }
    } catch (_: SerializationException) {
        null
    } catch (_: IllegalArgumentException) {
        null
    } ?: return IOException("$code without an envelope: something between here and the server answered")
    return ParleyException(
        error.code,
        error.message,
        error.details,
        header("Retry-After")?.toLongOrNull()?.seconds,
        code,
        header("X-Request-Id"),
    )
}

/** What `Retry-After` asks for, in milliseconds. */
internal val Response.retryAfterMs: Long?
    get() = header("Retry-After")?.toLongOrNull()?.let(TimeUnit.SECONDS::toMillis)
