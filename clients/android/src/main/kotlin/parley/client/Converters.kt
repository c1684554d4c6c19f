package parley.client

import java.lang.reflect.Type
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.serializer
import okhttp3.MediaType.Companion.toMediaType
import okhttp3.RequestBody
import okhttp3.RequestBody.Companion.toRequestBody
import okhttp3.ResponseBody
import retrofit2.Converter
import retrofit2.Retrofit
import retrofit2.http.Part

/** Takes the data out of the envelope, and writes requests: JSON, but text where a form has text. */
internal object Converters : Converter.Factory() {
    private val jsonType = "application/json".toMediaType()
    private val textType = "text/plain".toMediaType()

    override fun responseBodyConverter(
        type: Type,
        annotations: Array<out Annotation>,
        retrofit: Retrofit,
    ): Converter<ResponseBody, *> {
        val serializer = ParleyJson.serializersModule.serializer(type)
        return Converter<ResponseBody, Any> { body ->
            val envelope = ParleyJson.parseToJsonElement(body.use { it.string() }).jsonObject
            ParleyJson.decodeFromJsonElement(serializer, (envelope["data"] ?: JsonNull).withPayloadTypes())
        }
    }

    override fun requestBodyConverter(
        type: Type,
        parameterAnnotations: Array<out Annotation>,
        methodAnnotations: Array<out Annotation>,
        retrofit: Retrofit,
    ): Converter<*, RequestBody> {
        if (parameterAnnotations.any { it is Part }) {
            return Converter<Any, RequestBody> { it.toString().toRequestBody(textType) }
        }
        val serializer = ParleyJson.serializersModule.serializer(type)
        return Converter<Any, RequestBody> { ParleyJson.encodeToString(serializer, it).toRequestBody(jsonType) }
    }
}
