SELECT p.id, p.picture FROM product p JOIN json_each(:ids) wanted ON wanted.value = p.id
