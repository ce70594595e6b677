-- A name that is too long for a directory, cut off and made its own again by a hash.
SELECT url_encode(left($1, 40)) || '~' || md5($1);
