/** Stands in for Paging 3, so that the examples compile where Android's libraries are not: as much of it as they name. */
package androidx.paging

abstract class PagingSource<Key : Any, Value : Any> {
    class LoadParams<Key : Any>(val key: Key?, val loadSize: Int)

    sealed class LoadResult<Key : Any, Value : Any> {
        class Error<Key : Any, Value : Any>(val throwable: Throwable) : LoadResult<Key, Value>()

        class Page<Key : Any, Value : Any>(val data: List<Value>, val prevKey: Key?, val nextKey: Key?) : LoadResult<Key, Value>()
    }

    abstract suspend fun load(params: LoadParams<Key>): LoadResult<Key, Value>

    abstract fun getRefreshKey(state: PagingState<Key, Value>): Key?
}

class PagingState<Key : Any, Value : Any>
